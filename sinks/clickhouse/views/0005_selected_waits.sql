CREATE OR REPLACE VIEW selected_waits AS
WITH
    {{ period }},
    {{ standard }},
    waited AS
    (
        SELECT customer_id, journey_id, channel, branch_id, intent AS named, occurred_at, wait_seconds, gave_up
        FROM {{ database }}.waits FINAL
        WHERE occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
            AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
            AND {{ in_care }}
            AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:'))
    ),
    of AS
    (
        SELECT journey_id, argMax((intent, is_deleted), version) AS newest
        FROM {{ database }}.journeys
        WHERE last_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')}
            AND journey_id IN (
                SELECT journey_id
                FROM {{ database }}.waits
                WHERE occurred_at >= {since:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')} AND isNull(intent))
        GROUP BY journey_id
        HAVING NOT newest.2
    )
SELECT
    waited.customer_id AS customer_id,
    waited.journey_id AS journey_id,
    waited.channel AS channel,
    waited.branch_id AS branch_id,
    coalesce(waited.named, nullIf(of.newest.1, ''), 'unknown') AS intent,
    arrayConcat(
        if((waited.customer_id, 'elderly') IN {{ told_care }}, ['elderly'], []),
        if((waited.customer_id, 'disabled') IN {{ told_care }}, ['disabled'], []),
        if((waited.customer_id, 'minor') IN {{ told_care }}, ['minor'], []),
        if((waited.customer_id, 'other') IN {{ told_care }}, ['other'], [])) AS care,
    waited.occurred_at AS occurred_at,
    waited.wait_seconds AS wait_seconds,
    waited.gave_up AS gave_up,
    standard_of(intent, toString(waited.channel)) AS standard_seconds,
    period_of(waited.occurred_at) AS group_period,
    group_of('intent', intent) AS group_intent,
    group_of('channel', waited.channel) AS group_channel,
    if(has({by:Array(String)}, 'hour'), toUInt8((toDayOfWeek(waited.occurred_at, 0, {zone:String}) - 1) * 24 + toHour(waited.occurred_at, {zone:String})), NULL) AS group_hour
FROM waited
LEFT JOIN of ON if(isNull(waited.named), waited.journey_id, NULL) = of.journey_id
WHERE (empty({intent:Array(String)}) OR has({intent:Array(String)}, intent))
    AND NOT (waited.gave_up AND waited.wait_seconds <= standard_seconds)
COMMENT 'Waits of touchpoints that happened in the period, with the standard of their intent and channel (catalogue). The intent is that of the touchpoint, else of its journey, else unknown. care: the groups that any touchpoint of the customer tells. gave_up: the customer left instead of being served (stage wait or leave with outcome abandoned); who gave up within the standard had no chance to be served within it, and is left out. What metrics of waiting count.'
