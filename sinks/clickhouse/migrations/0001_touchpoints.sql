CREATE TABLE IF NOT EXISTS touchpoints
(
    `customer_id` String COMMENT 'The customer: customer_no, its pseudonym, or anon:kind:value' CODEC(ZSTD(1)),
    `channel` LowCardinality(String) COMMENT 'Channel on which it happened',
    `event_id` String COMMENT 'Identifier, unique within its channel for ever' CODEC(ZSTD(1)),
    `occurred_at` DateTime64(3, 'UTC') COMMENT 'When it happened, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `touchpoint` LowCardinality(String) COMMENT 'What happened, a dotted slug',
    `stage` LowCardinality(String) COMMENT 'enter, identify, inquire, apply, wait, serve, decide, feedback or leave',
    `outcome` LowCardinality(String) COMMENT 'Outcome of the intent: progressed, succeeded, failed, abandoned, cancelled or referred',
    `session_id` Nullable(String) COMMENT 'Session of the channel: app or web session, call, branch ticket' CODEC(ZSTD(1)),
    `intent` LowCardinality(Nullable(String)) COMMENT 'What the customer wants done, as reported',
    `case_id` Nullable(String) COMMENT 'Business reference of the bank: application, complaint' CODEC(ZSTD(1)),
    `referral_to` LowCardinality(Nullable(String)) COMMENT 'Channel to which the customer was referred',
    `referral_due_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'Until when the referral is to be met, UTC milliseconds' CODEC(ZSTD(1)),
    `referral_reason` Nullable(String) COMMENT 'Why the customer was referred' CODEC(ZSTD(1)),
    `wait_seconds` Nullable(Float64) COMMENT 'Queueing before service, seconds' CODEC(ZSTD(1)),
    `handle_seconds` Nullable(Float64) COMMENT 'Service itself, seconds' CODEC(ZSTD(1)),
    `reasked` Array(LowCardinality(String)) COMMENT 'Information the customer had to give again although the bank held it',
    `answers` Map(LowCardinality(String), String) COMMENT 'What the channel told the customer: key to value',
    `satisfaction_scale` LowCardinality(Nullable(String)) COMMENT 'csat (1-5), nps (0-10) or ces (1-7)',
    `satisfaction_score` Nullable(UInt8) COMMENT 'Score on that scale' CODEC(ZSTD(1)),
    `promise_id` Nullable(String) COMMENT 'Promise made here, unique per customer' CODEC(ZSTD(1)),
    `promise_due_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'Until when that promise is to be kept, UTC milliseconds' CODEC(ZSTD(1)),
    `keeps` Nullable(String) COMMENT 'Promise kept here' CODEC(ZSTD(1)),
    `care` Array(LowCardinality(String)) COMMENT 'Care groups of the customer: elderly, disabled, minor, other',
    `incident_id` LowCardinality(Nullable(String)) COMMENT 'Known outage or emergency it fell into',
    `identities` Map(LowCardinality(String), String) COMMENT 'Identities it came with: kind to value, pseudonyms where configured',
    `details` String COMMENT 'Details of the channel, JSON object with sorted keys' CODEC(ZSTD(1)),
    `journey_id` Nullable(UUID) COMMENT 'Journey it belongs to, null: unattached' CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') COMMENT 'When it was first received, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `source_topic` LowCardinality(String) COMMENT 'Kafka topic of the input record it came in',
    `source_partition` UInt32 COMMENT 'Partition of that record' CODEC(ZSTD(1)),
    `source_offset` UInt64 COMMENT 'Offset of that record' CODEC(Delta(8), ZSTD(1)),
    `version` UInt64 COMMENT 'Grows with every emission for the customer; the greatest version of a row holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the row is withdrawn' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (customer_id, occurred_at, channel, event_id)
COMMENT 'Touchpoints and the journeys they belong to, one row per channel and event_id of a customer; read with FINAL';
