CREATE OR REPLACE VIEW metric_context_carry AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    count() AS handoffs,
    n - sum(length(arrayIntersect(required_fields, reasked))) AS carried,
    sum(length(required_fields)) AS n,
    rate_of(carried, n) AS rate,
    low_of(carried, n) AS low,
    high_of(carried, n) AS high
FROM {{ database }}.selected_handoffs({{ filters }}, {{ grouping }}) AS handoffs
INNER JOIN (SELECT intent AS of_intent, required_fields FROM {{ database }}.catalogue FINAL WHERE notEmpty(required_fields)) AS required
    ON handoffs.intent = required.of_intent
WHERE isNotNull(arrived_at)
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Context carry: how much of what the bank already knows comes along when a customer changes channel.
Formula: fields not asked again ÷ fields required, over all handoffs; the catalogue says which fields an intent requires.
Unit: share, 0 to 1.
Source: the catalogue (required_fields) and the re-asked information of touchpoints.
Counted: handoffs left in the period that arrived, of intents with required fields.
By: day, week, month, intent, channel (the one handed over to).
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel handed over to; empty unless grouped by it
  handoffs: arrived handoffs of intents with required fields
  carried: required fields that were not asked again
  n: fields required, one by one, the denominator
  rate: share of required fields not asked again
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
