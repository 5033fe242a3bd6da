CREATE OR REPLACE VIEW explorer_dead_letters AS
SELECT
    received_at,
    topic,
    partition,
    offset,
    reason,
    errors,
    substringUTF8(toValidUTF8(base64Decode(payload)), 1, 4000) AS content,
    length(base64Decode(payload)) AS size,
    replayed_at,
    dead_letter_id
FROM {{ database }}.dead_letters FINAL
WHERE received_at >= {since:DateTime64(3, 'UTC')} AND received_at < {until:DateTime64(3, 'UTC')}
    AND ({reason:String} = '' OR reason = {reason:String})
    AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, splitByChar('.', toString(topic))[-1]))
ORDER BY received_at DESC, dead_letter_id
LIMIT {limit:UInt64}
COMMENT 'Dead letters: records that broke the contract, why, and what they hold. The latest first.
Unit: one row per record; bytes.
Source: the touchpoint contract.
Counted: records received in the period; an empty reason lets all of them through.
Columns:
  received_at: when the record was received, UTC
  topic: Kafka topic of the record
  partition: its partition
  offset: its offset
  reason: why it is dead
  errors: what is wrong, one line per failing field
  content: the record as text, its first 4000 characters
  size: length of the record, bytes
  replayed_at: when an operator replayed it, UTC
  dead_letter_id: topic:partition:offset'
