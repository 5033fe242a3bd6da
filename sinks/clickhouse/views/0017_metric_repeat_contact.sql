CREATE OR REPLACE VIEW metric_repeat_contact AS
WITH
    {{ wilson }},
    {{ period }}
SELECT
    period_of(one.1) AS period,
    one.3 AS intent,
    group_of('channel', one.2) AS channel,
    countIf(arrayExists(start -> start < one.1 AND start >= one.1 - toIntervalSecond({window:UInt32}), starts)) AS repeated,
    count() AS n,
    rate_of(repeated, n) AS rate,
    low_of(repeated, n) AS low,
    high_of(repeated, n) AS high
FROM
(
    SELECT
        arrayFlatten(groupArray(contact_starts)) AS starts,
        arrayFlatten(groupArray(counted_here)) AS counted
    FROM
    (
        SELECT
            customer_id,
            intent AS of_intent,
            contact_starts,
            arrayFilter(
                one -> one.1 >= {since:DateTime64(3, 'UTC')} AND one.1 < {until:DateTime64(3, 'UTC')}
                    AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, one.2))
                    AND (empty({care:Array(String)}) OR hasAny(care, {care:Array(String)})),
                arrayMap((start, on_channel) -> (start, on_channel, group_of('intent', of_intent)), contact_starts, contact_channels)) AS counted_here
        FROM {{ database }}.journeys FINAL
        WHERE last_at >= {since:DateTime64(3, 'UTC')} - toIntervalSecond({window:UInt32}) AND started_at < {until:DateTime64(3, 'UTC')}
            AND (empty({intent:Array(String)}) OR has({intent:Array(String)}, intent))
            AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:'))
    )
    GROUP BY customer_id, of_intent
)
ARRAY JOIN counted AS one
GROUP BY period, intent, channel
ORDER BY period, intent, channel
COMMENT 'Repeat contact: how often a customer has to come again for the same matter.
Formula: contacts that begin within the window after the beginning of another contact of the same customer and intent ÷ contacts.
Unit: share, 0 to 1.
Source: contact-centre practice: 7 days.
Counted: contacts that began in the period, on whichever channel the one before was.
By: day, week, month, intent, channel (the one of the contact).
Headline: rate, share, lower is better.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  intent: intent of the journey; empty unless grouped by it
  channel: channel of the contact; empty unless grouped by it
  repeated: contacts that follow another
  n: contacts, the denominator
  rate: share of contacts that follow another
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate'
