CREATE OR REPLACE VIEW metric_journey_effort AS
WITH
    {{ standard }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(status != 'open') AS n,
    quantileExactInclusiveOrNullIf(0.5)(effort, status != 'open') AS median,
    quantileExactInclusiveOrNullIf(0.9)(effort, status != 'open') AS p90,
    countIf(status = 'open') AS undecided
FROM
(
    SELECT
        group_period,
        group_intent,
        group_channel,
        status,
        transform(toString(intent), intent_standards.1, intent_standards.2, usual_standard) AS standard_of_intent,
        contacts + handoffs + reasks + arraySum(
            (on_channel, seconds) -> seconds / greatest(1, transform(concat(toString(intent), '\x1f', toString(on_channel)), channel_standards.1, channel_standards.2, standard_of_intent)),
            mapKeys(waits),
            mapValues(waits)) AS effort
    FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }})
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
  p90: 90th percentile of the effort
  undecided: journeys that are still open, not in n yet; long ones are among them, so the effort may yet rise'
