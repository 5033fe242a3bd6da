CREATE TABLE IF NOT EXISTS handoffs
(
    `customer_id` String COMMENT 'The customer: customer_no, its pseudonym, or anon:kind:value' CODEC(ZSTD(1)),
    `handoff_id` UUID COMMENT 'The handoff, derived from the touchpoints on both sides' CODEC(ZSTD(1)),
    `journey_id` UUID COMMENT 'Journey in which it happened' CODEC(ZSTD(1)),
    `intent` LowCardinality(String) COMMENT 'Intent of the journey',
    `from_channel` LowCardinality(String) COMMENT 'Channel of the visit that ended',
    `to_channel` LowCardinality(String) COMMENT 'Channel of the visit that began, or to which a lost referral pointed',
    `referred_to` LowCardinality(Nullable(String)) COMMENT 'Channel of the referral outstanding when the visit ended',
    `left_at` DateTime64(3, 'UTC') COMMENT 'Last touchpoint of the visit that ended, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `arrived_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'First touchpoint of the visit that began, UTC milliseconds; null: not arrived' CODEC(ZSTD(1)),
    `due_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'Deadline of the referral, UTC milliseconds' CODEC(ZSTD(1)),
    `gap_seconds` Nullable(Float64) COMMENT 'arrived_at less left_at, seconds; negative where visits overlap' CODEC(ZSTD(1)),
    `result` LowCardinality(String) COMMENT 'smooth, failed or pending',
    `failures` Array(LowCardinality(String)) COMMENT 'misdirected, overdue, repeated, contradicted, bounced, stalled, lost',
    `wait_seconds` Float64 COMMENT 'Queueing in the visit that began, seconds' CODEC(ZSTD(1)),
    `reasked` Array(LowCardinality(String)) COMMENT 'Information asked for again in the visit that began',
    `contradictions` Map(LowCardinality(String), String) COMMENT 'Answers that changed: key to old → new',
    `care` Array(LowCardinality(String)) COMMENT 'Care groups of the customer: elderly, disabled, minor, other',
    `version` UInt64 COMMENT 'Grows with every emission for the customer; the greatest version of a row holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the row is withdrawn' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(left_at)
ORDER BY (customer_id, handoff_id)
COMMENT 'Handoffs: a customer changing channel within a journey, and how it went; read with FINAL';
