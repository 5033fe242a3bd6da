CREATE TABLE IF NOT EXISTS alerts
(
    `customer_id` String COMMENT 'The customer it is about: customer_no, its pseudonym, or anon:kind:value; empty: no one customer' CODEC(ZSTD(1)),
    `alert_id` UUID COMMENT 'This alert, derived from its fingerprint and the event that raised it' CODEC(ZSTD(1)),
    `fingerprint` String COMMENT 'What is wrong: the rule and its subject; a later alert on the same has the same' CODEC(ZSTD(1)),
    `rule` LowCardinality(String) COMMENT 'Name of the rule in the catalogue',
    `kind` LowCardinality(String) COMMENT 'handoff, rate, deadline or wait',
    `severity` LowCardinality(String) COMMENT 'info, warning or critical',
    `subject` String COMMENT 'What it is about: the handoff, the promise, or the values that its rule groups by' CODEC(ZSTD(1)),
    `labels` Map(LowCardinality(String), String) COMMENT 'Labels to route by: those of the rule, and those of what it found',
    `status` LowCardinality(String) COMMENT 'firing, resolved, silenced, or (tombstones only) retracted: it never was right',
    `raised_at` DateTime64(3, 'UTC') COMMENT 'When it was first said, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `updated_at` DateTime64(3, 'UTC') COMMENT 'When this was last said, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `resolved_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ended, by the events, UTC milliseconds; null: not yet' CODEC(ZSTD(1)),
    `event_time` DateTime64(3, 'UTC') COMMENT 'When it began to be wrong, by the events, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `summary` String COMMENT 'What is wrong, in words' CODEC(ZSTD(1)),
    `journey_id` Nullable(UUID) COMMENT 'Journey it is about; null: no one journey' CODEC(ZSTD(1)),
    `value` Nullable(Float64) COMMENT 'What was measured: a share for rate and wait, seconds from event_time until due for deadline; null: nothing' CODEC(ZSTD(1)),
    `threshold` Nullable(Float64) COMMENT 'What the value is held against, in its unit; null: nothing' CODEC(ZSTD(1)),
    `count` Nullable(UInt64) COMMENT 'How many the share is of; null: no share' CODEC(ZSTD(1)),
    `silenced_by` Nullable(String) COMMENT 'While silenced: maintenance:<name> or incident:<id>' CODEC(ZSTD(1)),
    `version` UInt64 COMMENT 'Grows with everything that is said of the alert; the greatest version holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the alert is retracted' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(event_time)
ORDER BY alert_id
COMMENT 'What the rules of the catalogue found wrong, and until when; read with FINAL';
