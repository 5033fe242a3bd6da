-- Narrow copies of touchpoints, fed by every INSERT: metrics of waiting read these instead of all touchpoints of a month.
CREATE TABLE IF NOT EXISTS waits
(
    `customer_id` String COMMENT 'The customer: customer_no, its pseudonym, or anon:kind:value' CODEC(ZSTD(1)),
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'When the touchpoint happened, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `channel` LowCardinality(String) COMMENT 'Channel on which the customer waited',
    `event_id` String COMMENT 'Identifier of the touchpoint, unique within its channel for ever' CODEC(ZSTD(1)),
    `journey_id` Nullable(UUID) COMMENT 'Journey that the touchpoint belongs to, null: unattached' CODEC(ZSTD(1)),
    `intent` LowCardinality(Nullable(String)) COMMENT 'What the customer wants done, as reported',
    `care` Array(LowCardinality(String)) COMMENT 'Care groups of the customer: elderly, disabled, minor, other',
    `wait_seconds` Float64 COMMENT 'Queueing before service, seconds' CODEC(ZSTD(1)),
    `gave_up` UInt8 COMMENT '1: the customer left instead of being served (stage wait or leave, outcome abandoned)' CODEC(ZSTD(1)),
    `version` UInt64 COMMENT 'That of the touchpoint; the greatest version of a row holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the touchpoint is withdrawn' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (customer_id, occurred_at, channel, event_id)
COMMENT 'The touchpoints that tell a wait: a narrow copy of touchpoints, fed by its inserts; read with FINAL';

CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoints_into_waits TO waits
AS SELECT
    customer_id,
    occurred_at,
    channel,
    event_id,
    journey_id,
    intent,
    care,
    ifNull(touchpoints.wait_seconds, 0) AS wait_seconds,
    outcome = 'abandoned' AND stage IN ('wait', 'leave') AS gave_up,
    version,
    is_deleted
FROM touchpoints
WHERE isNotNull(touchpoints.wait_seconds) OR is_deleted
COMMENT 'Feeds waits with what is inserted into touchpoints';

INSERT INTO waits (customer_id, occurred_at, channel, event_id, journey_id, intent, care, wait_seconds, gave_up, version, is_deleted)
SELECT
    customer_id,
    occurred_at,
    channel,
    event_id,
    journey_id,
    intent,
    care,
    ifNull(wait_seconds, 0),
    outcome = 'abandoned' AND stage IN ('wait', 'leave'),
    version,
    is_deleted
FROM touchpoints
WHERE isNotNull(wait_seconds) OR is_deleted
SETTINGS max_partitions_per_insert_block = 0;
