CREATE OR REPLACE VIEW metric_promise_kept AS
WITH
    {{ wilson }},
    (status != 'pending' AND due_at <= {as_of:DateTime64(3, 'UTC')}) AS is_due
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(is_due AND status = 'kept') AS kept,
    countIf(is_due AND status = 'kept_late') AS kept_late,
    countIf(is_due AND status = 'overdue') AS overdue,
    kept + kept_late + overdue AS n,
    rate_of(kept, n) AS rate,
    low_of(kept, n) AS low,
    high_of(kept, n) AS high,
    countIf(NOT is_due) AS undecided
FROM {{ database }}.selected_promises({{ filters }}, {{ grouping }})
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Promises kept: how often the bank does by the date it named what it promised a customer.
Formula: kept ÷ (kept + kept late + overdue).
Unit: share, 0 to 1.
Source: the service-quality handbook: an unsolved problem gets a path, a deadline and a follow-up.
Counted: promises that fell due in the period, and by as_of.
By: day, week, month, intent, channel (the one that made the promise).
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey in which it was made; empty unless grouped by it
  channel: channel that made the promise; empty unless grouped by it
  kept: promises kept by their date
  kept_late: promises kept after their date
  overdue: promises not kept although their date has passed
  n: promises due, the denominator
  rate: share of promises kept by their date
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  undecided: promises whose date has not come by as_of, not in n yet'
