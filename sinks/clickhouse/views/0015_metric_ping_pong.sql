CREATE OR REPLACE VIEW metric_ping_pong AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(status != 'open' AND has(failures, 'bounced')) AS bounced,
    countIf(status != 'open') AS n,
    rate_of(bounced, n) AS rate,
    low_of(bounced, n) AS low,
    high_of(bounced, n) AS high,
    countIf(status = 'open') AS undecided
FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }})
WHERE handoffs > 0
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Ping-pong: how often customers are sent back to where they came from with nothing achieved.
Formula: journeys with a bounced handoff ÷ journeys with a handoff.
Unit: share, 0 to 1.
Source: the handoff rules of stitching.
Counted: journeys that started in the period, have a handoff and are over (not open).
By: day, week, month, intent, channel (the one in which the journey started).
Headline: rate, share, lower is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel in which the journey started; empty unless grouped by it
  bounced: journeys with a bounced handoff
  n: journeys with a handoff, the denominator
  rate: share of journeys with a bounced handoff
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  undecided: journeys with a handoff that are still open, not in n yet: the rate may yet change'
