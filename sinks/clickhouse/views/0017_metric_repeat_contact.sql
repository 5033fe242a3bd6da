CREATE OR REPLACE VIEW metric_repeat_contact AS
WITH
    {{ wilson }},
    {{ period }},
    {since:DateTime64(3, 'UTC')} - toIntervalSecond({window:UInt32}) AS looked_back_to,
    (SELECT ifNull(minOrNull(started_at), looked_back_to) FROM {{ database }}.journeys WHERE last_at >= looked_back_to AND started_at < looked_back_to) AS earliest_start
SELECT
    period_of(fromUnixTimestamp64Milli(one.1, 'UTC')) AS period,
    of_intent AS intent,
    one.2 AS channel,
    countIf(one.3) AS repeated,
    count() AS n,
    rate_of(repeated, n) AS rate,
    low_of(repeated, n) AS low,
    high_of(repeated, n) AS high
FROM
(
    SELECT
        any(if(has({by:Array(String)}, 'intent'), toString(intent), '')) AS of_intent,
        groupArrayArray(its_contacts) AS contacts,
        arrayJoin(arrayMap(
            one -> (one.1, one.3, arrayExists(other -> other.1 < one.1 AND other.1 >= one.1 - 1000 * {window:UInt32}, contacts)),
            arrayFilter(one -> one.2, contacts))) AS one
    FROM
    (
        SELECT
            customer_id,
            intent,
            {{ in_care }} AS is_counted,
            -- Times as milliseconds: comparing decimals takes twice as long.
            arrayMap((start, on_channel) -> (
                toUnixTimestamp64Milli(start),
                is_counted AND start >= {since:DateTime64(3, 'UTC')} AND start < {until:DateTime64(3, 'UTC')} AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, on_channel)),
                if(has({by:Array(String)}, 'channel'), toString(on_channel), '')), contact_starts, contact_channels) AS its_contacts
        FROM {{ database }}.journeys_between(since = earliest_start, until = {until:DateTime64(3, 'UTC')})
        WHERE last_at >= looked_back_to
            AND (empty({intent:Array(String)}) OR has({intent:Array(String)}, intent))
            AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:'))
    )
    {{ per_customer_and_intent }}
)
GROUP BY period, of_intent, channel
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
