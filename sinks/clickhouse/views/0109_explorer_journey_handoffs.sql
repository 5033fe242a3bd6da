CREATE OR REPLACE VIEW explorer_journey_handoffs AS
SELECT * EXCEPT (version, is_deleted)
FROM {{ database }}.handoffs FINAL
WHERE customer_id = {of:String} AND toString(journey_id) = {journey:String}
ORDER BY left_at, handoff_id
COMMENT 'Handoffs of one journey: in order, with all that the table handoffs holds of them.
Unit: one row per handoff.
Source: the handoff rules of stitching.
Counted: handoffs of that customer''s journey.'
