CREATE OR REPLACE VIEW metric_reask_rate AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(has(failures, 'repeated')) AS repeated,
    count() AS n,
    rate_of(repeated, n) AS rate,
    low_of(repeated, n) AS low,
    high_of(repeated, n) AS high
FROM {{ database }}.selected_handoffs({{ filters }}, {{ grouping }})
WHERE isNotNull(arrived_at)
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Re-asking: how often a customer who changes channel has to repeat something.
Formula: handoffs with repeated ÷ handoffs that arrived.
Unit: share, 0 to 1.
Source: the handoff rules of stitching.
Counted: handoffs left in the period that arrived.
By: day, week, month, intent, channel (the one handed over to).
Headline: rate, share, lower is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel handed over to; empty unless grouped by it
  repeated: handoffs in which something was asked again
  n: handoffs that arrived, the denominator
  rate: share of handoffs with something asked again
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
