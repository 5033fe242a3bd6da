CREATE OR REPLACE VIEW metric_first_contact_resolution AS
WITH
    {{ wilson }},
    -- A journey is resolved by one contact: none that ends later can be followed.
    (SELECT greatest(max(ended_at) + toIntervalSecond({window:UInt32} + 1), {until:DateTime64(3, 'UTC')}) FROM {{ database }}.journeys WHERE started_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')} AND contacts = 1) AS latest_follower
SELECT
    one.1 AS period,
    one.2 AS intent,
    one.3 AS channel,
    countIf(one.6 AND NOT arrayExists(start -> start > one.4 AND start <= one.5 + toIntervalSecond({window:UInt32}), starts)) AS resolved,
    count() AS n,
    rate_of(resolved, n) AS rate,
    low_of(resolved, n) AS low,
    high_of(resolved, n) AS high
FROM
(
    SELECT
        groupArray(started_at) AS starts,
        groupArrayIf((group_period, group_intent, group_channel, started_at, ends_at, is_candidate), is_counted) AS counted
    FROM
    (
        SELECT
            customer_id,
            intent,
            started_at,
            group_period,
            group_intent,
            group_channel,
            ifNull(ended_at, last_at) AS ends_at,
            status = 'completed' AND contacts = 1 AS is_candidate,
            started_at < {until:DateTime64(3, 'UTC')}
                AND status != 'open'
                AND ends_at + toIntervalSecond({window:UInt32}) <= {as_of:DateTime64(3, 'UTC')}
                AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, first_channel))
                AND (empty({care:Array(String)}) OR hasAny(care, {care:Array(String)})) AS is_counted
        FROM {{ database }}.selected_journeys(since = {since:DateTime64(3, 'UTC')}, until = latest_follower, intent = {intent:Array(String)}, channel = [], care = [], anonymous = {anonymous:UInt8}, {{ grouping }})
    )
    GROUP BY customer_id, intent
)
ARRAY JOIN counted AS one
GROUP BY period, intent, channel
ORDER BY period, intent, channel
COMMENT 'First-contact resolution: how often one contact settles the matter for good.
Formula: completed journeys of one contact, after which the customer starts no other journey of the intent within the window ÷ journeys.
Unit: share, 0 to 1.
Source: contact-centre practice: 7 days.
Counted: journeys that started in the period, are over (not open), and whose window (from their end, which is the last touchpoint where they came to nothing) has passed by as_of. Another journey counts from the start of this one until the window has passed.
By: day, week, month, intent, channel (the one in which the journey started).
Headline: rate, share, higher is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel in which the journey started; empty unless grouped by it
  resolved: completed journeys of one contact that no other journey followed
  n: journeys, the denominator
  rate: share of journeys resolved at the first contact
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
