CREATE OR REPLACE VIEW metric_journey_effort AS
WITH
    {{ standard }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    count() AS n,
    quantileExactInclusive(0.5)(effort) AS median,
    quantileExactInclusive(0.9)(effort) AS p90
FROM
(
    SELECT
        group_period,
        group_intent,
        group_channel,
        transform(toString(intent), intent_standards.1, intent_standards.2, usual_standard) AS standard_of_intent,
        contacts + handoffs + reasks + arraySum(
            (on_channel, seconds) -> seconds / greatest(1, transform(concat(toString(intent), '\x1f', toString(on_channel)), channel_standards.1, channel_standards.2, standard_of_intent)),
            mapKeys(waits),
            mapValues(waits)) AS effort
    FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }})
    WHERE status != 'open'
)
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Journey effort: what a customer has to put up with until a matter is over.
Formula: contacts + handoffs + re-asked items + Σ wait ÷ standard, per journey; a standard below a second counts as one second.
Unit: points; 1 is a journey of one contact without a wait.
Source: this project''s own, after the idea of customer effort (Dixon, Freeman, Toman, Harvard Business Review 88/7, 2010).
Counted: journeys that started in the period and are over (not open).
By: day, week, month, intent, channel (the one in which the journey started).
Headline: median, points, lower is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel in which the journey started; empty unless grouped by it
  n: journeys
  median: median effort
  p90: 90th percentile of the effort'
