-- Which care groups a customer is in, whichever touchpoint told it: metrics ask for the customer's, not for one touchpoint's.
-- A row for each group and customer, not for each touchpoint: it is read whole by every question that asks for groups.
CREATE TABLE IF NOT EXISTS care_groups
(
    `care` LowCardinality(String) COMMENT 'Care group that touchpoints told: elderly, disabled, minor, other; empty: one of the customer''s touchpoints was withdrawn, so touchpoints must be asked what they still tell',
    `customer_id` String COMMENT 'The customer: customer_no, its pseudonym, or anon:kind:value' CODEC(ZSTD(1)),
    `told_at` DateTime64(3, 'UTC') COMMENT 'When the last touchpoint that told it, or was withdrawn, happened, UTC milliseconds' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(told_at)
ORDER BY (care, customer_id)
COMMENT 'What touchpoints told of care groups, by customer: made of touchpoints, fed by its inserts; whose row with an empty group is there, of them touchpoints tell more exactly';

CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoints_into_care_groups TO care_groups
AS SELECT
    arrayJoin(if(is_deleted, [''], arrayMap(told -> toString(told), care))) AS care,
    customer_id,
    max(occurred_at) AS told_at
FROM touchpoints
WHERE notEmpty(touchpoints.care) OR is_deleted
GROUP BY care, customer_id
COMMENT 'Feeds care_groups with what is inserted into touchpoints';

INSERT INTO care_groups (care, customer_id, told_at)
SELECT arrayJoin(if(is_deleted, [''], arrayMap(told -> toString(told), care))) AS group_told, customer_id, max(occurred_at)
FROM touchpoints
WHERE notEmpty(care) OR is_deleted
GROUP BY group_told, customer_id;

ALTER TABLE waits COMMENT COLUMN IF EXISTS `care` 'Care groups that this touchpoint tells; those of the customer are in care_groups';
ALTER TABLE journeys COMMENT COLUMN IF EXISTS `care` 'Care groups that touchpoints of the journey tell: elderly, disabled, minor, other';
ALTER TABLE handoffs COMMENT COLUMN IF EXISTS `care` 'Care groups that touchpoints of the journey tell: elderly, disabled, minor, other';
