CREATE OR REPLACE VIEW metric_handoff_matrix AS
WITH
    {{ wilson }}
SELECT
    from_channel,
    to_channel,
    group_period AS period,
    group_intent AS intent,
    count() AS handoffs,
    countIf(result = 'smooth') AS smooth,
    countIf(result = 'failed') AS failed,
    countIf(result = 'pending') AS pending,
    countIf(has(failures, 'misdirected')) AS misdirected,
    countIf(has(failures, 'overdue')) AS overdue,
    countIf(has(failures, 'repeated')) AS repeated,
    countIf(has(failures, 'contradicted')) AS contradicted,
    countIf(has(failures, 'bounced')) AS bounced,
    countIf(has(failures, 'stalled')) AS stalled,
    countIf(has(failures, 'lost')) AS lost,
    smooth + failed AS n,
    rate_of(smooth, n) AS rate,
    low_of(smooth, n) AS low,
    high_of(smooth, n) AS high,
    quantileExactInclusiveOrNull(0.5)(gap_seconds) AS median_gap,
    quantileExactInclusiveOrNull(0.9)(gap_seconds) AS p90_gap
FROM {{ database }}.selected_handoffs({{ filters }}, {{ grouping }})
GROUP BY from_channel, to_channel, group_period, group_intent
ORDER BY handoffs DESC, from_channel, to_channel, period, intent
COMMENT 'Handoff matrix: how customers change from one channel to another, and what fails on the way.
Formula: per from → to: handoffs; smooth; failed, by each failure (one handoff may fail in several ways); median and 90th percentile of the gap.
Unit: counts; rate is a share from 0 to 1; gaps are seconds.
Source: the handoff rules of stitching.
Counted: handoffs left in the period; of those, n has the ones whose outcome is known (not pending).
By: day, week, month, intent.
Columns:
  from_channel: channel that the customer left
  to_channel: channel where the customer arrived, or was sent and did not arrive
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  handoffs: all handoffs
  smooth: handoffs without a failure
  failed: handoffs with a failure
  pending: referrals that are neither met nor past their deadline
  misdirected: customer was sent to another channel than the one reached
  overdue: customer came after the deadline of the referral
  repeated: customer had to repeat information that the bank held
  contradicted: customer was told something else than before
  bounced: customer went back to the channel before, with nothing achieved
  stalled: customer waited longer than the standard
  lost: customer was sent and never came
  n: handoffs whose outcome is known, the denominator of rate
  rate: share of smooth handoffs
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  median_gap: median time from leaving to arriving, seconds; negative where visits overlap
  p90_gap: 90th percentile of that time, seconds'
