-- Customers and the care groups that any of their touchpoints tells. Where one was withdrawn, what it told may be told no more.
(
    SELECT customer_id, toString(care) AS care
    FROM {{ database }}.care_groups
    WHERE care != '' AND customer_id NOT IN {{ doubtful_care }}
    UNION ALL
    SELECT customer_id, arrayJoin(arrayMap(told -> toString(told), touchpoints.care)) AS care
    FROM {{ database }}.touchpoints FINAL
    WHERE notEmpty(touchpoints.care) AND customer_id IN {{ doubtful_care }}
    SETTINGS do_not_merge_across_partitions_select_final = 1
)
