CREATE OR REPLACE VIEW metric_first_contact_resolution AS
WITH
    {{ wilson }},
    {{ period }},
    -- A journey is resolved by one contact: none that ends later can be followed.
    (SELECT greatest(ifNull(max(ended_at) + toIntervalSecond({window:UInt32} + 1), {until:DateTime64(3, 'UTC')}), {until:DateTime64(3, 'UTC')}) FROM {{ database }}.journeys WHERE started_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')} AND contacts = 1) AS latest_follower
SELECT
    period_of(fromUnixTimestamp64Milli(one.1, 'UTC')) AS period,
    of_intent AS intent,
    one.2 AS channel,
    countIf(one.4 AND one.3) AS resolved,
    countIf(one.4) AS n,
    rate_of(resolved, n) AS rate,
    low_of(resolved, n) AS low,
    high_of(resolved, n) AS high,
    countIf(NOT one.4) AS undecided
FROM
(
    SELECT
        any(group_intent) AS of_intent,
        -- Times as milliseconds: comparing decimals takes twice as long.
        groupArray((toUnixTimestamp64Milli(started_at), toUnixTimestamp64Milli(followed_until), status = 'completed' AND contacts = 1, is_selected, group_channel, is_decided)) AS journeys,
        arrayJoin(arrayMap(
            one -> (one.1, one.5, one.3 AND NOT arrayExists(other -> other.1 > one.1 AND other.1 <= one.2, journeys), one.6),
            arrayFilter(one -> one.4, journeys))) AS one
    FROM
    (
        SELECT
            *,
            ifNull(ended_at, last_at) + toIntervalSecond({window:UInt32}) AS followed_until,
            (status != 'open' AND followed_until <= {as_of:DateTime64(3, 'UTC')}) AS is_decided,
            started_at < {until:DateTime64(3, 'UTC')}
                AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, first_channel))
                AND {{ in_care }} AS is_selected
        FROM {{ database }}.selected_journeys(since = {since:DateTime64(3, 'UTC')}, until = latest_follower, intent = {intent:Array(String)}, channel = [], care = [], anonymous = {anonymous:UInt8}, {{ grouping }})
    )
    {{ per_customer_and_intent }}
)
GROUP BY period, of_intent, channel
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
  high: upper bound of the 95 % interval of rate
  undecided: journeys that are still open or whose window has not passed, not in n yet'
