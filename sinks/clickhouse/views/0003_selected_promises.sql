CREATE OR REPLACE VIEW selected_promises AS
WITH
    {{ period }}
SELECT
    due.customer_id AS customer_id,
    due.promise_id AS promise_id,
    due.journey_id AS journey_id,
    due.channel AS channel,
    if(of.intent = '', 'unknown', of.intent) AS intent,
    of.care AS care,
    due.made_at AS made_at,
    due.due_at AS due_at,
    due.kept_at AS kept_at,
    due.status AS status,
    period_of(due.due_at) AS group_period,
    group_of('intent', if(of.intent = '', 'unknown', of.intent)) AS group_intent,
    group_of('channel', due.channel) AS group_channel
FROM
(
    SELECT customer_id, promise_id, journey_id, channel, made_at, due_at, kept_at, status
    FROM {{ database }}.promises FINAL
    WHERE due_at >= {since:DateTime64(3, 'UTC')} AND due_at < {until:DateTime64(3, 'UTC')}
        AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
        AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:'))
) AS due
LEFT JOIN (SELECT customer_id, journey_id, intent, care FROM {{ database }}.journeys FINAL) AS of
    ON due.customer_id = of.customer_id AND due.journey_id = of.journey_id
WHERE (empty({intent:Array(String)}) OR has({intent:Array(String)}, if(of.intent = '', 'unknown', of.intent)))
    AND (empty({care:Array(String)}) OR hasAny(of.care, {care:Array(String)}))
COMMENT 'Promises that fell due in the period, by the channel that made them, with intent and care groups of their journey (unknown and none where they have none). What metrics of promises count.'
