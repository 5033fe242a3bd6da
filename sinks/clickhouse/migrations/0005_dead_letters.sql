CREATE TABLE IF NOT EXISTS dead_letters
(
    `dead_letter_id` String COMMENT 'topic:partition:offset of the input record' CODEC(ZSTD(1)),
    `topic` LowCardinality(String) COMMENT 'Kafka topic of the input record',
    `partition` UInt32 COMMENT 'Partition of the input record' CODEC(ZSTD(1)),
    `offset` UInt64 COMMENT 'Offset of the input record' CODEC(Delta(8), ZSTD(1)),
    `key` Nullable(String) COMMENT 'Key of the input record, base64; null: no key' CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the record was received, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `reason` LowCardinality(String) COMMENT 'not_json, too_large, unknown_version, schema, channel_mismatch, clock_ahead, conflict or too_late',
    `errors` Array(String) COMMENT 'What is wrong, one line per failing field',
    `payload` String COMMENT 'Value of the input record byte for byte, base64' CODEC(ZSTD(3)),
    `replayed_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When an operator replayed it, UTC milliseconds' CODEC(ZSTD(1)),
    `version` UInt64 COMMENT 'Grows with every change; the greatest version of a row holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the row is withdrawn' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMM(received_at)
ORDER BY dead_letter_id
COMMENT 'Records that broke the contract, byte for byte; read with FINAL';
