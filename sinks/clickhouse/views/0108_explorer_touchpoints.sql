CREATE OR REPLACE VIEW explorer_touchpoints AS
SELECT * EXCEPT (version, is_deleted)
FROM {{ database }}.touchpoints FINAL
WHERE customer_id = {of:String} AND toString(journey_id) = {journey:String}
ORDER BY occurred_at, channel, event_id
COMMENT 'Touchpoints of one journey: in order, with all that the table touchpoints holds of them.
Unit: one row per touchpoint.
Source: what the channels recorded.
Counted: touchpoints of that customer''s journey.'
