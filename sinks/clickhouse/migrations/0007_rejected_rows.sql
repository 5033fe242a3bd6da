CREATE TABLE IF NOT EXISTS rejected_rows
(
    `topic` LowCardinality(String) COMMENT 'Kafka topic of the output record',
    `partition` UInt32 COMMENT 'Partition of the output record' CODEC(ZSTD(1)),
    `offset` UInt64 COMMENT 'Offset of the output record' CODEC(Delta(8), ZSTD(1)),
    `table` LowCardinality(String) COMMENT 'Table for which the row was meant',
    `error` String COMMENT 'Why it could not be stored' CODEC(ZSTD(1)),
    `payload` String COMMENT 'Value of the output record byte for byte, base64' CODEC(ZSTD(3)),
    `rejected_at` DateTime64(3, 'UTC') COMMENT 'When it was rejected, UTC milliseconds' CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(rejected_at)
PARTITION BY toYYYYMM(rejected_at)
ORDER BY (topic, partition, offset)
COMMENT 'Rows of our own that ClickHouse refuses, kept so that none is lost: each one is a bug to report; read with FINAL';
