-- About how many customers customers.sql finds.
SELECT uniq(customer_id)
FROM touchpoints
WHERE toUnixTimestamp64Milli(received_at) >= {since:Int64} AND toUnixTimestamp64Milli(received_at) < {until:Int64}
