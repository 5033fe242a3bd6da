-- What operators did with dead letters; and a reason that the comment did not name.
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS `dropped_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When an operator gave it up, UTC milliseconds; key and payload are left out since' CODEC(ZSTD(1));
ALTER TABLE dead_letters COMMENT COLUMN IF EXISTS `reason` 'not_json, too_large, unknown_version, schema, channel_mismatch, clock_ahead, conflict, too_late or internal (a defect of omnitrack)';

CREATE TABLE IF NOT EXISTS dead_letter_actions
(
    `dead_letter_id` String COMMENT 'topic:partition:offset of the input record' CODEC(ZSTD(1)),
    `action` LowCardinality(String) COMMENT 'replayed or dropped',
    `acted_at` DateTime64(3, 'UTC') COMMENT 'When, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `acted_by` LowCardinality(String) COMMENT 'Who: the name given, else that of the account that ran the command',
    `topic` LowCardinality(String) COMMENT 'Kafka topic that it was replayed to; empty: it was dropped',
    `note` String COMMENT 'What was repaired, by field; or why it was dropped' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(acted_at)
ORDER BY (dead_letter_id, action)
COMMENT 'What operators did with dead letters, and who; read with FINAL';
