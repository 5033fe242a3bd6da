CREATE OR REPLACE VIEW metric_journeys AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    count() AS journeys,
    countIf(status = 'open') AS open,
    countIf(status = 'completed') AS completed,
    countIf(status = 'cancelled') AS cancelled,
    countIf(status = 'abandoned') AS abandoned,
    completed + cancelled + abandoned AS n,
    rate_of(completed, n) AS rate,
    low_of(completed, n) AS low,
    high_of(completed, n) AS high
FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }})
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Journeys: how many customers set out to get something done, and how it ended.
Formula: completed ÷ (completed + cancelled + abandoned).
Unit: counts; rate is a share, 0 to 1.
Source: the journey rules of stitching.
Counted: journeys that started in the period; of those, n has the ones that are over (not open).
By: day, week, month, intent, channel (the one in which the journey started).
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel in which the journey started; empty unless grouped by it
  journeys: all journeys
  open: journeys that may still go on
  completed: journeys in which the customer got what was wanted
  cancelled: journeys that the customer or the bank called off
  abandoned: journeys that ended with nothing
  n: journeys that are over, the denominator of rate
  rate: share of completed journeys
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
