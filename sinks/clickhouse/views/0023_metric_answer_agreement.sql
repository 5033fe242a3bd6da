CREATE OR REPLACE VIEW metric_answer_agreement AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    count() AS handoffs,
    n - sum(length(mapKeys(contradictions))) AS agreed,
    sum(length(compared)) AS n,
    rate_of(agreed, n) AS rate,
    low_of(agreed, n) AS low,
    high_of(agreed, n) AS high
FROM {{ database }}.selected_handoffs({{ filters }}, {{ grouping }})
WHERE notEmpty(compared)
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Answer agreement: how often two channels tell a customer the same.
Formula: comparable pairs of answers that agree ÷ comparable pairs of answers, at handoffs; a pair is what was last told before and first told after, volatile answers aside.
Unit: share, 0 to 1.
Source: the answers of touchpoints; the catalogue says which are volatile.
Counted: handoffs left in the period.
By: day, week, month, intent, channel (the one handed over to).
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel handed over to; empty unless grouped by it
  handoffs: handoffs with a comparable pair
  agreed: pairs that agree
  n: comparable pairs, the denominator
  rate: share of pairs that agree
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
