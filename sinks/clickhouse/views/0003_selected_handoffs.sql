CREATE OR REPLACE VIEW selected_handoffs AS
WITH
    {{ period }}
SELECT
    customer_id,
    handoff_id,
    journey_id,
    intent,
    from_channel,
    to_channel,
    referred_to,
    left_at,
    arrived_at,
    due_at,
    gap_seconds,
    result,
    failures,
    wait_seconds,
    reasked,
    contradictions,
    compared,
    care,
    period_of(left_at) AS group_period,
    group_of('intent', intent) AS group_intent,
    group_of('channel', to_channel) AS group_channel
FROM {{ database }}.handoffs FINAL
WHERE toUInt32OrZero(_partition_id) BETWEEN toYYYYMM({since:DateTime64(3, 'UTC')}) AND toYYYYMM({until:DateTime64(3, 'UTC')} - toIntervalMillisecond(1))
    AND left_at >= {since:DateTime64(3, 'UTC')} AND left_at < {until:DateTime64(3, 'UTC')}
    AND (empty({intent:Array(String)}) OR has({intent:Array(String)}, intent))
    AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, from_channel) OR has({channel:Array(String)}, to_channel))
    AND {{ in_care }}
    AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:'))
-- What identifies a handoff tells when it was left: all its versions are in one month.
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Handoffs whose first side the customer left in the period, from or to the channels asked for; grouped by the channel handed over to. What metrics of handoffs count.'
