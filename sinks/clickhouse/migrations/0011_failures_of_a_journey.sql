-- By which journeys are searched and counted; rows stored before have none.
ALTER TABLE journeys ADD COLUMN IF NOT EXISTS `failures` Array(LowCardinality(String)) COMMENT 'Failures that any of its handoffs shows, each once';
