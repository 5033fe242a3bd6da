CREATE TABLE IF NOT EXISTS promises
(
    `customer_id` String COMMENT 'The customer: customer_no, its pseudonym, or anon:kind:value' CODEC(ZSTD(1)),
    `promise_id` String COMMENT 'The promise, unique per customer' CODEC(ZSTD(1)),
    `journey_id` Nullable(UUID) COMMENT 'Journey in which it was made, null: in none' CODEC(ZSTD(1)),
    `channel` LowCardinality(String) COMMENT 'Channel that made it',
    `made_at` DateTime64(3, 'UTC') COMMENT 'When it was made, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `due_at` DateTime64(3, 'UTC') COMMENT 'Until when it is to be kept, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `kept_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was kept, UTC milliseconds' CODEC(ZSTD(1)),
    `status` LowCardinality(String) COMMENT 'kept, kept_late, overdue or pending',
    `version` UInt64 COMMENT 'Grows with every emission for the customer; the greatest version of a row holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the row is withdrawn' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(made_at)
ORDER BY (customer_id, promise_id)
COMMENT 'Promises made to customers, and whether they were kept; read with FINAL';
