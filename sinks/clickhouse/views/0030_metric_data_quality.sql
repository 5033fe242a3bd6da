CREATE OR REPLACE VIEW metric_data_quality AS
SELECT
    hour,
    group_channel AS channel,
    sum(stored_here) AS stored,
    sum(dead_here) AS dead,
    sum(duplicate_here) AS duplicate,
    stored + dead + duplicate AS n,
    if(has({by:Array(String)}, 'hour') OR has({by:Array(String)}, 'day'), NULL, sum(offsets) - n) AS missing,
    if(stored = 0, NULL, quantilesExactInclusiveMerge(0.5, 0.9)(lags)[1]) AS lag_median,
    if(stored = 0, NULL, quantilesExactInclusiveMerge(0.5, 0.9)(lags)[2]) AS lag_p90,
    max(longest_lag) AS lag_max,
    sumMap(reasons) AS dead_by_reason
FROM
(
    WITH
        ((at) -> multiIf(has({by:Array(String)}, 'hour'), toDateTime(toStartOfHour(at, {zone:String}), 'UTC'), has({by:Array(String)}, 'day'), toDateTime(toStartOfDay(at, {zone:String}), 'UTC'), NULL)) AS hour_of
    SELECT
        hour_of(received_at) AS hour,
        if(has({by:Array(String)}, 'channel'), channel, '') AS group_channel,
        countIf(fate = 'stored') AS stored_here,
        countIf(fate = 'dead') AS dead_here,
        countIf(fate = 'duplicate') AS duplicate_here,
        max(offset) - min(offset) + 1 AS offsets,
        quantilesExactInclusiveStateIf(0.5, 0.9)(lag, fate = 'stored') AS lags,
        maxOrNullIf(lag, fate = 'stored') AS longest_lag,
        sumMapIf(map(toString(reason), toUInt64(1)), fate = 'dead') AS reasons
    FROM {{ database }}.receipts FINAL
    WHERE toUInt32OrZero(_partition_id) BETWEEN toYYYYMMDD({since:DateTime64(3, 'UTC')}) AND toYYYYMMDD({until:DateTime64(3, 'UTC')} - toIntervalMillisecond(1))
        AND received_at >= {since:DateTime64(3, 'UTC')} AND received_at < {until:DateTime64(3, 'UTC')}
        AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channel))
    GROUP BY hour, group_channel, topic, partition
    -- A record is received once: all its versions are of one day.
    SETTINGS do_not_merge_across_partitions_select_final = 1
)
GROUP BY hour, group_channel
ORDER BY hour, channel
COMMENT 'Data quality: what became of the records that channel systems sent, and how fast they came.
Formula: received = stored + dead + duplicate, per channel and hour; lag is the time from happening to being received.
Unit: counts of records; lag in seconds.
Source: the account of the touchpoint contract: no record is dropped.
Counted: records received in the period, customers known or not; filters of intent and care do not apply, for a record that breaks the contract does not tell them.
By: day, hour, channel.
By default: hour, channel.
Headline: n, count.
Columns:
  hour: beginning of the hour or day (in zone), as UTC; null unless grouped by it
  channel: channel of the topic; empty unless grouped by it
  stored: records stored as touchpoints
  dead: records that broke the contract, kept as dead letters
  duplicate: records that repeat a stored touchpoint
  n: records received = stored + dead + duplicate
  missing: offsets between the first and the last record of each partition in the period of which nothing is stored; null where grouped by hour or day (omnitrack audit tells each one)
  lag_median: median lag of stored records, seconds
  lag_p90: 90th percentile of that lag, seconds
  lag_max: longest lag, seconds
  dead_by_reason: dead letters by reason'
