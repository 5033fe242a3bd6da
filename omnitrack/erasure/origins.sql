-- The input records of {customers} that are stored or duplicates, with the time of their receipt (UTC milliseconds).
SELECT DISTINCT source_topic AS topic, source_partition AS partition, source_offset AS offset, toUnixTimestamp64Milli(received_at)
FROM touchpoints FINAL
WHERE customer_id IN {customers:Array(String)}
UNION DISTINCT
SELECT topic, partition, offset, toUnixTimestamp64Milli(received_at)
FROM duplicates
WHERE customer_id IN {customers:Array(String)}
