CREATE OR REPLACE VIEW metric_context_carry AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    sum(arrived) AS handoffs,
    n - sum(arrived * length(arrayIntersect(required_fields, reasked))) AS carried,
    sum(arrived * length(required_fields)) AS n,
    rate_of(carried, n) AS rate,
    low_of(carried, n) AS low,
    high_of(carried, n) AS high
FROM
(
    -- Few lists of re-asked fields differ: they are compared with the required ones once each.
    SELECT group_period, group_intent, group_channel, intent AS of_intent, reasked, count() AS arrived
    FROM {{ database }}.selected_handoffs({{ filters }}, {{ grouping }})
    WHERE isNotNull(arrived_at)
    GROUP BY group_period, group_intent, group_channel, of_intent, reasked
) AS handoffs_alike
INNER JOIN (SELECT intent AS of_intent, required_fields FROM {{ database }}.catalogue FINAL WHERE notEmpty(required_fields)) AS required
    ON handoffs_alike.of_intent = required.of_intent
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
