-- Rows of touchpoints per customer, replaced ones among them.
SELECT customer_id, count()
FROM touchpoints
WHERE customer_id IN {customers:Array(String)}
GROUP BY customer_id
