-- The handoff matrix: from → to with smooth, failed, pending, and each failure with its count.
SELECT
    from_channel,
    to_channel,
    countIf(result = 'smooth') AS smooth,
    countIf(result = 'failed') AS failed,
    countIf(result = 'pending') AS pending,
    sumMap(failures, arrayMap(failure -> toUInt64(1), failures)) AS failures
FROM handoffs FINAL
GROUP BY from_channel, to_channel
ORDER BY smooth + failed + pending DESC, from_channel, to_channel
