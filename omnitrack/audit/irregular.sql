-- Of one partition, in the order of offsets, each fate that does not follow its predecessor by one, and all from
-- {end_now} on. Bounds (fate '') stand before {begin} and at {end}; what is missing before {begin} is left out.
WITH
    fromUnixTimestamp64Milli({since:Int64}, 'UTC') AS beginning,
    fates AS
    (
        SELECT toInt64(source_offset) AS offset, 'stored' AS fate
        FROM touchpoints FINAL
        WHERE source_topic = {topic:String} AND source_partition = {partition:UInt32} AND received_at >= beginning
        UNION ALL
        SELECT toInt64(offset), 'dead'
        FROM dead_letters FINAL
        WHERE topic = {topic:String} AND partition = {partition:UInt32} AND received_at >= beginning
        UNION ALL
        SELECT toInt64(offset), 'duplicate'
        FROM duplicates FINAL
        WHERE topic = {topic:String} AND partition = {partition:UInt32} AND received_at >= beginning
        UNION ALL
        SELECT {begin:Int64} - 1, ''
        UNION ALL
        SELECT {end:Int64}, ''
    )
SELECT previous, previous_fate, offset, fate
FROM
(
    SELECT
        offset,
        fate,
        lagInFrame(offset, 1, offset - 1) OVER in_order AS previous,
        lagInFrame(fate) OVER in_order AS previous_fate
    FROM fates
    WINDOW in_order AS (ORDER BY offset, fate ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE (offset != previous + 1 AND (offset >= {begin:Int64} OR offset = previous)) OR offset >= {end_now:Int64}
ORDER BY offset, fate
