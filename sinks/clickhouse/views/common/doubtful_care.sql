-- Whoever bears a group and lost a touchpoint. Most who lost one bear none (sessions that logged in), so by the key those are not read.
(
    SELECT customer_id
    FROM {{ database }}.care_groups
    WHERE care = '' AND customer_id IN (SELECT customer_id FROM {{ database }}.care_groups WHERE care != '')
)
