-- Records may come as CloudEvents or as Avro, and such an envelope may not open.
ALTER TABLE dead_letters COMMENT COLUMN IF EXISTS `reason` 'envelope (around the touchpoint, cannot be opened), not_json, too_large, unknown_version, schema, channel_mismatch, clock_ahead, conflict, too_late, internal (a defect of omnitrack) or erased (of a customer who was forgotten)';
