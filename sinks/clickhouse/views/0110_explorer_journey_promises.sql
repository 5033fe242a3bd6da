CREATE OR REPLACE VIEW explorer_journey_promises AS
SELECT * EXCEPT (version, is_deleted)
FROM {{ database }}.promises FINAL
WHERE customer_id = {of:String} AND toString(journey_id) = {journey:String}
ORDER BY made_at, promise_id
COMMENT 'Promises of one journey: in order, with all that the table promises holds of them.
Unit: one row per promise.
Source: the promise rules of stitching.
Counted: promises made in that customer''s journey.'
