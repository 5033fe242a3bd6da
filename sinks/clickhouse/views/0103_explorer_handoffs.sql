CREATE OR REPLACE VIEW explorer_handoffs AS
SELECT
    left_at,
    customer_id,
    intent,
    from_channel,
    to_channel,
    result,
    failures,
    referred_to,
    due_at,
    arrived_at,
    gap_seconds,
    wait_seconds,
    reasked,
    contradictions,
    care,
    journey_id,
    handoff_id
FROM {{ database }}.selected_handoffs({{ filters }}, {{ ungrouped }})
WHERE ({from_channel:String} = '' OR from_channel = {from_channel:String})
    AND ({to_channel:String} = '' OR to_channel = {to_channel:String})
    AND ({result:String} = '' OR result = {result:String})
    AND ({failure:String} = '' OR has(failures, {failure:String}))
ORDER BY left_at DESC, handoff_id
LIMIT {limit:UInt64}
COMMENT 'Handoffs with their evidence: what was asked again, which answers differed, who was sent where until when, and when they came. The latest first.
Unit: one row per handoff.
Source: the handoff rules of stitching.
Counted: handoffs left in the period; an empty from_channel, to_channel, result or failure lets all of them through.
Columns:
  left_at: last touchpoint of the visit that ended, UTC
  customer_id: customer
  intent: intent of the journey
  from_channel: channel that the customer left
  to_channel: channel where the customer arrived, or was sent and did not arrive
  result: smooth, failed or pending
  failures: what failed
  referred_to: channel that the customer was sent to
  due_at: deadline of that, UTC
  arrived_at: first touchpoint of the visit that began, UTC; null: not arrived
  gap_seconds: from leaving to arriving, seconds
  wait_seconds: queueing in the visit that began, seconds
  reasked: information asked for again
  contradictions: answers that changed, key to old → new
  care: care groups that the journey tells
  journey_id: journey in which it happened
  handoff_id: the handoff'
