CREATE OR REPLACE VIEW metric_wait AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    group_hour AS hour_of_week,
    count() AS n,
    quantileExactInclusive(0.5)(wait_seconds) AS median,
    quantileExactInclusive(0.9)(wait_seconds) AS p90,
    countIf(wait_seconds <= standard_seconds) AS within,
    rate_of(within, n) AS rate,
    low_of(within, n) AS low,
    high_of(within, n) AS high
FROM {{ database }}.selected_waits({{ filters }}, {{ grouping }})
GROUP BY group_period, group_intent, group_channel, group_hour
ORDER BY period, intent, channel, hour_of_week
COMMENT 'Waiting: how long customers queue, and how often no longer than the standard.
Formula: median and 90th percentile of the wait; waits within the standard ÷ waits. The catalogue has the standards, per intent and channel.
Unit: seconds; rate is a share, 0 to 1.
Source: queueing times of the service-quality handbook; share within standard is the service level of contact centres.
Counted: touchpoints of the period that tell a wait. Who gave up after the standard is a miss; who gave up within it is left out.
By: day, week, month, intent, channel, hour.
By default: intent, channel, hour.
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the touchpoint, else of its journey; empty unless grouped by it
  channel: channel on which the customer waited; empty unless grouped by it
  hour_of_week: hour of the week in zone, 0 is Monday from midnight to one; null unless grouped by it
  n: waits, the denominator
  median: median wait, seconds
  p90: 90th percentile of the wait, seconds
  within: waits no longer than the standard
  rate: share of waits no longer than the standard
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
