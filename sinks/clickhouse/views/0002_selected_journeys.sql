CREATE OR REPLACE VIEW selected_journeys AS
WITH
    {{ period }}
SELECT
    customer_id,
    journey_id,
    intent,
    channels[1] AS first_channel,
    status,
    started_at,
    last_at,
    ended_at,
    channels,
    visits,
    contacts,
    handoffs,
    failed_handoffs,
    failures,
    reasks,
    waits,
    csat,
    nps,
    ces,
    care,
    contact_channels,
    contact_starts,
    period_of(started_at) AS group_period,
    group_of('intent', intent) AS group_intent,
    group_of('channel', channels[1]) AS group_channel
FROM {{ database }}.journeys_between(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')})
WHERE (empty({intent:Array(String)}) OR has({intent:Array(String)}, intent))
    AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channels[1]))
    AND {{ in_care }}
    AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:'))
COMMENT 'Journeys that started in the period; a journey belongs to the channel it started in. What metrics of journeys count.'
