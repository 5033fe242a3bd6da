-- What became of each input record, in the order of the log, fed by every INSERT: data quality reads this instead of all touchpoints.
CREATE TABLE IF NOT EXISTS receipts
(
    `topic` LowCardinality(String) COMMENT 'Kafka topic of the input record',
    `partition` UInt32 COMMENT 'Partition of the input record' CODEC(ZSTD(1)),
    `offset` UInt64 COMMENT 'Offset of the input record' CODEC(Delta(8), ZSTD(1)),
    `fate` LowCardinality(String) COMMENT 'stored, dead or duplicate',
    `channel` LowCardinality(String) COMMENT 'Channel of the topic, empty where it is none of a channel',
    `reason` LowCardinality(String) COMMENT 'Why it is dead; empty: it is not',
    `received_at` DateTime64(3, 'UTC') COMMENT 'When the record was received, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `lag` Float64 COMMENT 'From happening to being received, seconds; 0 unless stored' CODEC(ZSTD(1)),
    `version` UInt64 COMMENT 'That of the row it was made from; the greatest version of a row holds' CODEC(Delta(8), ZSTD(1)),
    `is_deleted` UInt8 COMMENT '1: tombstone, the dead letter is withdrawn' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(version, is_deleted)
PARTITION BY toYYYYMMDD(received_at)
ORDER BY (topic, partition, offset, fate)
SETTINGS min_age_to_force_merge_seconds = 600, min_age_to_force_merge_on_partition_only = 1
COMMENT 'What became of each input record: a narrow copy of touchpoints, dead_letters and duplicates, fed by their inserts; read with FINAL';

CREATE MATERIALIZED VIEW IF NOT EXISTS touchpoints_into_receipts TO receipts
AS SELECT
    source_topic AS topic,
    source_partition AS partition,
    source_offset AS offset,
    'stored' AS fate,
    channel,
    '' AS reason,
    received_at,
    dateDiff('millisecond', occurred_at, received_at) / 1000 AS lag,
    version,
    0 AS is_deleted
FROM touchpoints
WHERE NOT touchpoints.is_deleted
COMMENT 'Feeds receipts with what is inserted into touchpoints; a withdrawn touchpoint is another customer''s, its record is still stored';

CREATE MATERIALIZED VIEW IF NOT EXISTS dead_letters_into_receipts TO receipts
AS SELECT
    topic,
    partition,
    offset,
    'dead' AS fate,
    if(position(topic, 'touchpoints.') = 0, '', splitByString('touchpoints.', topic)[-1]) AS channel,
    reason,
    received_at,
    0 AS lag,
    version,
    is_deleted
FROM dead_letters
WHERE 1
COMMENT 'Feeds receipts with what is inserted into dead_letters';

CREATE MATERIALIZED VIEW IF NOT EXISTS duplicates_into_receipts TO receipts
AS SELECT
    topic,
    partition,
    offset,
    'duplicate' AS fate,
    channel,
    '' AS reason,
    received_at,
    0 AS lag,
    0 AS version,
    0 AS is_deleted
FROM duplicates
WHERE 1
COMMENT 'Feeds receipts with what is inserted into duplicates';

INSERT INTO receipts (topic, partition, offset, fate, channel, reason, received_at, lag, version, is_deleted)
SELECT source_topic, source_partition, source_offset, 'stored', channel, '', received_at, dateDiff('millisecond', occurred_at, received_at) / 1000, version, 0
FROM touchpoints
WHERE NOT is_deleted
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO receipts (topic, partition, offset, fate, channel, reason, received_at, lag, version, is_deleted)
SELECT topic, partition, offset, 'dead', if(position(topic, 'touchpoints.') = 0, '', splitByString('touchpoints.', topic)[-1]), reason, received_at, 0, version, is_deleted
FROM dead_letters
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO receipts (topic, partition, offset, fate, channel, reason, received_at, lag, version, is_deleted)
SELECT topic, partition, offset, 'duplicate', channel, '', received_at, 0, 0, 0
FROM duplicates
SETTINGS max_partitions_per_insert_block = 0;
