-- What became of the records received at or after {since} (UTC milliseconds): stored, dead, duplicate.
WITH fromUnixTimestamp64Milli({since:Int64}, 'UTC') AS begin
SELECT
    (SELECT count() FROM touchpoints FINAL WHERE received_at >= begin) AS stored,
    (SELECT count() FROM dead_letters FINAL WHERE received_at >= begin) AS dead,
    (SELECT count() FROM duplicates FINAL WHERE received_at >= begin) AS duplicate
