CREATE OR REPLACE VIEW metric_one_visit AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(countEqual(channels, 'branch') <= 1) AS one_visit,
    count() AS n,
    rate_of(one_visit, n) AS rate,
    low_of(one_visit, n) AS low,
    high_of(one_visit, n) AS high
FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }}) AS selected
WHERE status = 'completed' AND selected.intent IN (SELECT intent FROM {{ database }}.catalogue FINAL WHERE requires_branch)
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
  high: upper bound of the 95 % interval of rate'
