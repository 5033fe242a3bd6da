CREATE TABLE IF NOT EXISTS schema_views
(
    `name` String COMMENT 'Name of the view',
    `checksum` String COMMENT 'SHA-256 of the statement that made it, hexadecimal',
    `made_at` DateTime64(3, 'UTC') COMMENT 'When it was made, by the clock of ClickHouse, UTC milliseconds',
    `is_deleted` UInt8 COMMENT '1: it was dropped'
)
ENGINE = ReplacingMergeTree(made_at, is_deleted)
ORDER BY name
COMMENT 'The views of omnitrack in this database, as last made; read with FINAL';
