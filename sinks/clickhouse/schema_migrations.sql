CREATE TABLE IF NOT EXISTS schema_migrations
(
    `name` String COMMENT 'File name of the migration',
    `checksum` String COMMENT 'SHA-256 of the file, hexadecimal',
    `applied_at` DateTime64(3, 'UTC') COMMENT 'When the migration had run, by the clock of ClickHouse, UTC milliseconds'
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY name
COMMENT 'The migrations that have run in this database'
