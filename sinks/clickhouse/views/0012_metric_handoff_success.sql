CREATE OR REPLACE VIEW metric_handoff_success AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(result = 'smooth') AS smooth,
    countIf(result = 'failed') AS failed,
    smooth + failed AS n,
    rate_of(smooth, n) AS rate,
    low_of(smooth, n) AS low,
    high_of(smooth, n) AS high,
    countIf(result = 'pending') AS undecided
FROM {{ database }}.selected_handoffs({{ filters }}, {{ grouping }})
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Handoff success: how often a customer who changes channel is taken over without friction.
Formula: smooth ÷ (smooth + failed).
Unit: share, 0 to 1.
Source: the handoff rules of stitching.
Counted: handoffs left in the period whose outcome is known (not pending).
By: day, week, month, intent, channel (the one handed over to).
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel handed over to; empty unless grouped by it
  smooth: handoffs without a failure
  failed: handoffs with a failure, lost ones among them
  n: handoffs whose outcome is known, the denominator
  rate: share of smooth handoffs
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  undecided: handoffs that are still pending, not in n yet; who was sent and comes late or never is among them, so the rate may yet fall'
