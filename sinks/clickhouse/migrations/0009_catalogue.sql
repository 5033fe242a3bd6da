CREATE TABLE IF NOT EXISTS catalogue
(
    `intent` LowCardinality(String) COMMENT 'Intent that the catalogue names; empty: what holds for every other intent',
    `requires_branch` UInt8 COMMENT '1: it cannot be done without a visit to a branch',
    `required_fields` Array(LowCardinality(String)) COMMENT 'Information that it requires of the customer',
    `wait_standard` Float64 COMMENT 'Longest wait that is within the standard, on channels not in wait_standards, seconds',
    `wait_standards` Map(LowCardinality(String), Float64) COMMENT 'The same of the channels that differ, seconds',
    `contact_gap` Float64 COMMENT 'Longest pause within a contact, seconds; the same in every row',
    `time_zone` LowCardinality(String) COMMENT 'Time zone of the business calendar, UTC where there is none; the same in every row',
    `loaded_at` DateTime64(3, 'UTC') COMMENT 'When this was loaded, by the clock of ClickHouse, UTC milliseconds; the latest holds',
    `is_deleted` UInt8 COMMENT '1: the catalogue no longer names the intent'
)
ENGINE = ReplacingMergeTree(loaded_at, is_deleted)
ORDER BY intent
COMMENT 'What metrics need to know of the catalogue that omnitrack migrate or omnitrack up last loaded; read with FINAL';
