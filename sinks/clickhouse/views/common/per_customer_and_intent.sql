-- By a hash of 128 bits, for grouping by two strings takes twice as long; two of a billion groups meet once in 10^20 times.
GROUP BY murmurHash3_128(customer_id, intent)
