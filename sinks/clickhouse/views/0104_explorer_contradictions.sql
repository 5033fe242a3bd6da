CREATE OR REPLACE VIEW explorer_contradictions AS
SELECT
    contradiction.1 AS answer,
    contradiction.2 AS change,
    from_channel,
    to_channel,
    count() AS handoffs,
    uniqExact(customer_id) AS customers,
    groupUniqArray(toString(intent)) AS intents,
    max(left_at) AS last_at
FROM {{ database }}.selected_handoffs({{ filters }}, {{ ungrouped }})
ARRAY JOIN CAST(contradictions, 'Array(Tuple(String, String))') AS contradiction
GROUP BY answer, change, from_channel, to_channel
ORDER BY handoffs DESC, answer, change, from_channel, to_channel
LIMIT {limit:UInt64}
COMMENT 'Contradictory answers: what customers were told by one channel and then told otherwise by the next. The most frequent first.
Formula: handoffs per answer, old → new value, and from → to.
Unit: counts.
Source: the answers of touchpoints; volatile ones of the catalogue are not compared.
Counted: handoffs left in the period with a contradicted answer.
Columns:
  answer: what was asked about
  change: what was told before → what was told then
  from_channel: channel that the customer left
  to_channel: channel that answered otherwise
  handoffs: how often
  customers: to how many customers
  intents: in journeys of which intents
  last_at: when last, UTC'
