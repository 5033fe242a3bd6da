-- Customers who were forgotten: that it was done, never whom.
CREATE TABLE IF NOT EXISTS erasures
(
    `customer_digest` FixedString(64) COMMENT 'SHA-256 of the customer_id, hexadecimal: who knows the id finds the receipt' CODEC(ZSTD(1)),
    `asked_at` DateTime64(3, 'UTC') COMMENT 'When it was asked for, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `finished_at` DateTime64(3, 'UTC') COMMENT 'When all that can be rewritten was, UTC milliseconds' CODEC(Delta(8), ZSTD(1)),
    `asked_by` LowCardinality(String) COMMENT 'Who: the name given, else that of the account that ran the command',
    `removed` Map(LowCardinality(String), UInt64) COMMENT 'Rows that were removed, by table, replaced ones among them',
    `expires_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last record of the customer has left the topics that cannot be rewritten, UTC milliseconds; null: a topic keeps its records for ever, or the broker does not tell' CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(finished_at)
ORDER BY (customer_digest, asked_at)
COMMENT 'Customers who were forgotten: receipts of omnitrack erase; read with FINAL';
ALTER TABLE dead_letters COMMENT COLUMN IF EXISTS `reason` 'not_json, too_large, unknown_version, schema, channel_mismatch, clock_ahead, conflict, too_late, internal (a defect of omnitrack) or erased (of a customer who was forgotten)';
