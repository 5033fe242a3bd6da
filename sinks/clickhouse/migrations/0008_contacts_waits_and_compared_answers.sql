-- What metrics need of a journey's contacts and of a handoff's answers; rows stored before have none of it.
ALTER TABLE journeys ADD COLUMN IF NOT EXISTS `contact_channels` Array(LowCardinality(String)) COMMENT 'Channels in order, one per contact';
ALTER TABLE journeys ADD COLUMN IF NOT EXISTS `contact_starts` Array(DateTime64(3, 'UTC')) COMMENT 'First touchpoint of each contact, in order, UTC milliseconds' CODEC(ZSTD(1));
ALTER TABLE journeys ADD COLUMN IF NOT EXISTS `waits` Map(LowCardinality(String), Float64) COMMENT 'Sum of queueing per channel on which there was any, seconds';
ALTER TABLE handoffs ADD COLUMN IF NOT EXISTS `compared` Array(LowCardinality(String)) COMMENT 'Keys of the answers given on both sides, volatile ones aside: those that agree and those in contradictions';
