CREATE OR REPLACE VIEW explorer_journey AS
SELECT * EXCEPT (version, is_deleted, contact_channels, contact_starts, waits)
FROM {{ database }}.journeys FINAL
WHERE customer_id = {of:String} AND toString(journey_id) = {journey:String}
COMMENT 'One journey: all that the table journeys holds of it.
Unit: one row.
Source: the journey rules of stitching.
Counted: the journey of that customer with that id.'
