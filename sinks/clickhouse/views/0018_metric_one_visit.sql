CREATE OR REPLACE VIEW metric_one_visit AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(status = 'completed' AND countEqual(channels, 'branch') <= 1) AS one_visit,
    countIf(status = 'completed') AS n,
    rate_of(one_visit, n) AS rate,
    low_of(one_visit, n) AS low,
    high_of(one_visit, n) AS high,
    countIf(status = 'open') AS undecided
FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }}) AS selected
WHERE status IN ('completed', 'open') AND selected.intent IN (SELECT intent FROM {{ database }}.catalogue FINAL WHERE requires_branch)
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'One visit (最多跑一次): how often a matter that needs a branch is done with at most one visit to it.
Formula: completed journeys with at most one branch visit ÷ completed journeys, of intents that require a branch.
Unit: share, 0 to 1.
Source: the service-quality handbook: at most one visit (最多跑一次); the catalogue says which intents require a branch.
Counted: completed journeys that started in the period, of intents that require a branch.
By: day, week, month, intent, channel (the one in which the journey started).
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel in which the journey started; empty unless grouped by it
  one_visit: those with at most one branch visit
  n: completed journeys of intents that require a branch, the denominator
  rate: share of those with at most one branch visit
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  undecided: journeys of such intents that are still open, not in n yet; a further visit takes time, so the rate may yet fall'
