-- What holds of each alert that began in the period, retracted ones too: FINAL would leave those out.
held_alerts AS
(
    SELECT *
    FROM
    (
        SELECT *
        FROM {{ database }}.alerts
        WHERE alert_id IN (
            SELECT alert_id
            FROM {{ database }}.alerts
            WHERE event_time >= {since:DateTime64(3, 'UTC')} AND event_time < {until:DateTime64(3, 'UTC')})
        ORDER BY version DESC
        LIMIT 1 BY alert_id
    )
    WHERE event_time >= {since:DateTime64(3, 'UTC')} AND event_time < {until:DateTime64(3, 'UTC')}
        AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:'))
        AND (empty({intent:Array(String)}) OR has({intent:Array(String)}, labels['intent']))
        AND (empty({channel:Array(String)}) OR hasAny({channel:Array(String)}, [labels['channel'], labels['from_channel'], labels['to_channel']]))
)
