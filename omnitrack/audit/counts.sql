-- Fates of the records of the touchpoints topics, per partition: of the offsets before `begin`, and from there to
-- `end`. `…_offsets` counts the different ones: where it is less than the fates, some offset has more than one.
WITH
    fromUnixTimestamp64Milli({since:Int64}, 'UTC') AS beginning,
    fates AS
    (
        SELECT source_topic AS topic, source_partition AS partition, source_offset AS offset, 'stored' AS fate
        FROM touchpoints FINAL
        WHERE received_at >= beginning
        UNION ALL
        SELECT topic, partition, offset, 'dead'
        FROM dead_letters FINAL
        WHERE received_at >= beginning
        UNION ALL
        SELECT topic, partition, offset, 'duplicate'
        FROM duplicates FINAL
        WHERE received_at >= beginning
    ),
    bounds AS
    (
        SELECT bound.1 AS topic, bound.2 AS partition, bound.3 AS begin, bound.4 AS end
        FROM
        (
            SELECT arrayJoin(arrayZip(
                {topics:Array(String)}, {partitions:Array(UInt32)}, {begins:Array(UInt64)}, {ends:Array(UInt64)}
            )) AS bound
        )
    )
SELECT
    topic,
    partition,
    countIf(fate = 'stored' AND offset < begin) AS expired_stored,
    countIf(fate = 'dead' AND offset < begin) AS expired_dead,
    countIf(fate = 'duplicate' AND offset < begin) AS expired_duplicate,
    groupBitmapIf(offset, offset < begin) AS expired_offsets,
    countIf(fate = 'stored' AND offset >= begin AND offset < end) AS stored,
    countIf(fate = 'dead' AND offset >= begin AND offset < end) AS dead,
    countIf(fate = 'duplicate' AND offset >= begin AND offset < end) AS duplicate,
    groupBitmapIf(offset, offset >= begin AND offset < end) AS offsets,
    max(offset) AS greatest
FROM fates
LEFT JOIN bounds USING (topic, partition)
WHERE startsWith(topic, {prefix:String})
GROUP BY topic, partition
ORDER BY topic, partition
