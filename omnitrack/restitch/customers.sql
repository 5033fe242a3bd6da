-- A page of the customers of whom touchpoints were received from {since} to before {until} (UTC milliseconds), by id.
SELECT customer_id
FROM touchpoints
WHERE customer_id > {after:String}
    AND toUnixTimestamp64Milli(received_at) >= {since:Int64}
    AND toUnixTimestamp64Milli(received_at) < {until:Int64}
GROUP BY customer_id
ORDER BY customer_id
LIMIT {limit:UInt32}
SETTINGS optimize_aggregation_in_order = 1
