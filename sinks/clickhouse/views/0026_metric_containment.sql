CREATE OR REPLACE VIEW metric_containment AS
WITH
    {{ wilson }}
SELECT
    group_period AS period,
    group_intent AS intent,
    group_channel AS channel,
    countIf(status = 'completed' AND NOT hasAny(channels, ['hotline', 'branch'])) AS contained,
    countIf(status != 'open') AS n,
    rate_of(contained, n) AS rate,
    low_of(contained, n) AS low,
    high_of(contained, n) AS high,
    countIf(status = 'open') AS undecided
FROM {{ database }}.selected_journeys({{ filters }}, {{ grouping }})
WHERE first_channel IN ('mobile_app', 'online_banking', 'wechat', 'atm')
GROUP BY group_period, group_intent, group_channel
ORDER BY period, intent, channel
COMMENT 'Containment: how often a matter that a customer begins alone is also done alone. Never a target for the elderly.
Formula: completed journeys without a visit to hotline or branch ÷ journeys, both of those that started in mobile_app, online_banking, wechat or atm.
Unit: share, 0 to 1.
Source: contact-centre practice.
Counted: journeys that started in the period, in a self-service channel, and are over (not open).
By: day, week, month, intent, channel (the one in which the journey started).
Headline: rate, share.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel in which the journey started; empty unless grouped by it
  contained: completed journeys without hotline and branch
  n: journeys that started in a self-service channel, the denominator
  rate: share of contained journeys
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  undecided: journeys that are still open, not in n yet; what ends badly takes longer to be known, so the rate may yet fall'
