CREATE TABLE IF NOT EXISTS journeys
(
    `customer_id` String COMMENT 'The customer: customer_no, its pseudonym, or anon:kind:value' CODEC(ZSTD(1)),
    `journey_id` UUID COMMENT 'The journey, derived from its first step' CODEC(ZSTD(1)),
    `intent` LowCardinality(String) COMMENT 'What the customer wants done: the intent of the first step, unknown if it has none',
    `case_id` Nullable(String) COMMENT 'Business reference of the bank: application, complaint' CODEC(ZSTD(1)),
    `status` LowCardinality(String) COMMENT 'open, completed, cancelled or abandoned',
    `started_at` DateTime64(3, 'UTC') COMMENT 'First touchpoint, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `last_at` DateTime64(3, 'UTC') COMMENT 'Last touchpoint, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `ended_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'Last finishing while completed or cancelled, UTC milliseconds' CODEC(ZSTD(1)),
    `channels` Array(LowCardinality(String)) COMMENT 'Channels in order, one per visit',
    `touchpoints` UInt32 COMMENT 'Number of touchpoints' CODEC(ZSTD(1)),
    `visits` UInt32 COMMENT 'Number of visits' CODEC(ZSTD(1)),
    `contacts` UInt32 COMMENT 'Number of contacts' CODEC(ZSTD(1)),
    `handoffs` UInt32 COMMENT 'Number of handoffs' CODEC(ZSTD(1)),
    `failed_handoffs` UInt32 COMMENT 'Number of failed handoffs' CODEC(ZSTD(1)),
    `reopened` UInt32 COMMENT 'How often it was opened again after it had finished' CODEC(ZSTD(1)),
    `wait_seconds` Float64 COMMENT 'Sum of queueing, seconds' CODEC(ZSTD(1)),
    `handle_seconds` Float64 COMMENT 'Sum of service, seconds' CODEC(ZSTD(1)),
    `reasks` UInt32 COMMENT 'Number of items the customer was asked for again' CODEC(ZSTD(1)),
    `csat` Nullable(UInt8) COMMENT 'Customer satisfaction last given, 1-5' CODEC(ZSTD(1)),
    `nps` Nullable(UInt8) COMMENT 'Likelihood to recommend last given, 0-10' CODEC(ZSTD(1)),
    `ces` Nullable(UInt8) COMMENT 'Customer effort last given, 1-7' CODEC(ZSTD(1)),
    `care` Array(LowCardinality(String)) COMMENT 'Care groups of the customer: elderly, disabled, minor, other',
    `incidents` Array(LowCardinality(String)) COMMENT 'Known outages or emergencies its touchpoints fell into',
    `version` UInt64 COMMENT 'Grows with every emission for the customer; the greatest version of a row holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the row is withdrawn' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(started_at)
ORDER BY (customer_id, journey_id)
COMMENT 'Journeys: what a customer wanted done, across channels; read with FINAL';
