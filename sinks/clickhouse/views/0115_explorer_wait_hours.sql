CREATE OR REPLACE VIEW explorer_wait_hours AS
WITH
    {{ wilson }}
SELECT
    channel,
    group_hour AS hour_of_week,
    count() AS n,
    quantileExactInclusiveOrNull(0.5)(wait_seconds) AS median,
    quantileExactInclusiveOrNull(0.9)(wait_seconds) AS p90,
    countIf(wait_seconds <= standard_seconds) AS within,
    rate_of(within, n) AS rate,
    low_of(within, n) AS low,
    high_of(within, n) AS high
FROM {{ database }}.selected_waits({{ filters }}, by = ['hour'], zone = {zone:String})
WHERE {branch:String} = '' OR branch_id = {branch:String}
GROUP BY channel, group_hour
ORDER BY channel, hour_of_week
COMMENT 'Waits by the hour of the week: on each channel where customers queue, or at one branch.
Formula: waits within the standard ÷ waits.
Unit: rate is a share, 0 to 1; seconds.
Source: queueing times of the service-quality handbook.
Counted: as in wait: who gave up after the standard is a miss, who gave up within it is left out. An empty branch lets all of them through.
Columns:
  channel: channel on which they waited
  hour_of_week: hour of the week in zone, 0 is Monday from midnight to one
  n: waits, the denominator
  median: median wait, seconds
  p90: 90th percentile of the wait, seconds
  within: waits within the standard
  rate: share of waits within the standard
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
