CREATE TABLE IF NOT EXISTS duplicates
(
    `topic` LowCardinality(String) COMMENT 'Kafka topic of the input record',
    `partition` UInt32 COMMENT 'Partition of the input record' CODEC(ZSTD(1)),
    `offset` UInt64 COMMENT 'Offset of the input record' CODEC(Delta(8), ZSTD(1)),
    `customer_id` String COMMENT 'Customer whose touchpoint it repeats' CODEC(ZSTD(1)),
    `channel` LowCardinality(String) COMMENT 'Channel of the touchpoint it repeats',
    `event_id` String COMMENT 'Identifier of the touchpoint it repeats' CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the record was received, UTC milliseconds' CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (topic, partition, offset)
COMMENT 'Input records that repeated a stored touchpoint: received = stored + dead + duplicate; read with FINAL';
