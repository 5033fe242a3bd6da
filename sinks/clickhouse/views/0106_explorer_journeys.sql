CREATE OR REPLACE VIEW explorer_journeys AS
SELECT
    started_at,
    customer_id,
    intent,
    status,
    channels,
    contacts,
    handoffs,
    failed_handoffs,
    reasks,
    wait_seconds,
    last_at,
    case_id,
    care,
    csat,
    journey_id
FROM {{ database }}.journeys_between(since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')})
WHERE (empty({intent:Array(String)}) OR has({intent:Array(String)}, intent))
    AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, channels[1]))
    AND {{ in_care }}
    AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:') OR ({customer:String} != '' AND startsWith(customer_id, {customer:String})))
    -- Whose number begins like a customer's is another customer.
    AND if({customer:String} IN (SELECT customer_id FROM {{ database }}.journeys WHERE customer_id = {customer:String}), customer_id = {customer:String}, startsWith(customer_id, {customer:String}))
    AND ({case:String} = '' OR ifNull(case_id, '') = {case:String})
    AND ({status:String} = '' OR status = {status:String})
    AND ({path:String} = '' OR arrayStringConcat(channels, ' → ') = {path:String})
    AND ({failure:String} = '' OR has(failures, {failure:String}))
ORDER BY started_at DESC, journey_id
LIMIT {limit:UInt64}
COMMENT 'Search for journeys: found by who, which case, how they ended and what failed. The latest first.
Unit: one row per journey.
Source: the journey rules of stitching.
Counted: journeys that started in the period; customer is a customer_id, or the beginning of some where there is none such, and an empty customer, case, status, path or failure lets all of them through.
Columns:
  started_at: first touchpoint, UTC
  customer_id: customer
  intent: what the customer wanted
  status: open, completed, cancelled or abandoned
  channels: channels in order, one per visit
  contacts: number of contacts
  handoffs: number of handoffs
  failed_handoffs: number of failed handoffs
  reasks: number of items the customer was asked for again
  wait_seconds: sum of queueing, seconds
  last_at: last touchpoint, UTC
  case_id: business reference of the bank
  care: care groups that the journey tells
  csat: customer satisfaction last given, 1 to 5
  journey_id: the journey'
