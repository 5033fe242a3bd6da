-- Waits can be told branch by branch: the branch stands in the touchpoint's details.
ALTER TABLE waits ADD COLUMN IF NOT EXISTS `branch_id` LowCardinality(String) COMMENT 'Branch where the customer waited, empty where it was at none' AFTER channel;

ALTER TABLE touchpoints_into_waits MODIFY QUERY
SELECT
    customer_id,
    occurred_at,
    channel,
    if(channel = 'branch', JSONExtractString(details, 'branch_id'), '') AS branch_id,
    event_id,
    journey_id,
    intent,
    care,
    ifNull(touchpoints.wait_seconds, 0) AS wait_seconds,
    outcome = 'abandoned' AND stage IN ('wait', 'leave') AS gave_up,
    version,
    is_deleted
FROM touchpoints
WHERE isNotNull(touchpoints.wait_seconds) OR is_deleted;

-- Of rows with the same version the one inserted last holds.
INSERT INTO waits (customer_id, occurred_at, channel, branch_id, event_id, journey_id, intent, care, wait_seconds, gave_up, version, is_deleted)
SELECT
    customer_id,
    occurred_at,
    channel,
    JSONExtractString(details, 'branch_id'),
    event_id,
    journey_id,
    intent,
    care,
    ifNull(wait_seconds, 0),
    outcome = 'abandoned' AND stage IN ('wait', 'leave'),
    version,
    is_deleted
FROM touchpoints
WHERE channel = 'branch' AND (isNotNull(wait_seconds) OR is_deleted)
SETTINGS max_partitions_per_insert_block = 0;
