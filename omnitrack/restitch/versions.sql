-- The greatest version of the rows of touchpoints per customer; that of a tombstone counts as well.
SELECT customer_id, max(version)
FROM touchpoints
WHERE customer_id IN {customers:Array(String)}
GROUP BY customer_id
