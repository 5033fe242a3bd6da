CREATE OR REPLACE VIEW explorer_promises AS
SELECT
    due_at,
    customer_id,
    intent,
    channel,
    status,
    made_at,
    kept_at,
    if(isNull(kept_at), NULL, greatest(0, dateDiff('second', due_at, assumeNotNull(kept_at)))) AS late_seconds,
    care,
    promise_id,
    journey_id
FROM {{ database }}.selected_promises({{ filters }}, {{ ungrouped }})
WHERE ({status:String} = '' OR status = {status:String})
ORDER BY due_at DESC, customer_id, promise_id
LIMIT {limit:UInt64}
COMMENT 'Promises due: what was promised until when, and what became of it. The latest first.
Unit: one row per promise.
Source: the promise rules of stitching.
Counted: promises due in the period; an empty status lets all of them through.
Columns:
  due_at: until when it was to be kept, UTC
  customer_id: customer
  intent: intent of the journey
  channel: channel that made it
  status: kept, kept_late, overdue or pending
  made_at: when it was made, UTC
  kept_at: when it was kept, UTC; null: not kept
  late_seconds: how much later than due it was kept, seconds
  care: care groups that the journey tells
  promise_id: the promise
  journey_id: journey in which it was made'
