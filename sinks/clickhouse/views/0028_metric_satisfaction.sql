CREATE OR REPLACE VIEW metric_satisfaction AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    if(has({by:Array(String)}, 'handoff'), failed_handoffs > 0, NULL) AS failed_handoff,
    count(csat) AS csat_n,
    if(csat_n = 0, NULL, avg(csat)) AS csat_mean,
    countIf(csat >= 4) AS csat_satisfied,
    rate_of(csat_satisfied, csat_n) AS csat_rate,
    low_of(csat_satisfied, csat_n) AS csat_low,
    high_of(csat_satisfied, csat_n) AS csat_high,
    count(nps) AS nps_n,
    countIf(nps >= 9) AS promoters,
    countIf(nps <= 6) AS detractors,
    if(nps_n = 0, NULL, 100 * (promoters - detractors) / nps_n) AS nps_score,
    count(ces) AS ces_n,
    if(ces_n = 0, NULL, avg(ces)) AS ces_mean,
    count() AS n
FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }})
WHERE isNotNull(csat) OR isNotNull(nps) OR isNotNull(ces)
GROUP BY group_period, group_intent, group_channel, failed_handoff
ORDER BY period, intent, channel, failed_handoff
COMMENT 'Satisfaction: what customers say, per channel and intent, with and without a failed handoff.
Formula: CSAT: mean, and share of scores 4 and 5; NPS: 100 × (scores 9 and 10 − scores 0 to 6) ÷ scores; CES: mean.
Unit: CSAT 1 to 5, NPS -100 to 100, CES 1 to 7.
Source: the surveys'' own definitions; NPS: F. Reichheld, Harvard Business Review 81/12, 2003.
Counted: journeys that started in the period and have a score; of each scale the last one given.
By: day, week, month, intent, channel (the one in which the journey started), handoff.
By default: intent, channel, handoff.
Headline: csat_mean, points, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel in which the journey started; empty unless grouped by it
  failed_handoff: 1: a handoff of the journey failed; null unless grouped by handoff
  csat_n: journeys with a CSAT score
  csat_mean: mean CSAT
  csat_satisfied: scores 4 and 5
  csat_rate: their share
  csat_low: lower bound of its 95 % interval
  csat_high: upper bound of its 95 % interval
  nps_n: journeys with an NPS score
  promoters: scores 9 and 10
  detractors: scores 0 to 6
  nps_score: Net Promoter Score, -100 to 100
  ces_n: journeys with a CES score
  ces_mean: mean CES
  n: journeys with a score of any scale'
