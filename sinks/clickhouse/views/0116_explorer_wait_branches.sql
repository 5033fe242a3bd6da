CREATE OR REPLACE VIEW explorer_wait_branches AS
WITH
    {{ wilson }}
SELECT
    branch_id,
    count() AS n,
    countIf(wait_seconds <= standard_seconds) AS within,
    rate_of(within, n) AS rate,
    low_of(within, n) AS low,
    high_of(within, n) AS high,
    quantileExactInclusiveOrNull(0.5)(wait_seconds) AS median,
    quantileExactInclusiveOrNull(0.9)(wait_seconds) AS p90,
    countIf(hasAny(care, ['elderly', 'disabled'])) AS priority_n,
    rate_of(countIf(wait_seconds <= standard_seconds AND hasAny(care, ['elderly', 'disabled'])), priority_n) AS priority_rate,
    rate_of(countIf(wait_seconds <= standard_seconds AND NOT hasAny(care, ['elderly', 'disabled'])), n - priority_n) AS others_rate,
    countIf(gave_up) AS gave_up
FROM {{ database }}.selected_waits({{ filters }}, {{ ungrouped }})
WHERE branch_id != ''
GROUP BY branch_id
ORDER BY n < 10, high, rate, branch_id
LIMIT {limit:UInt64}
COMMENT 'Waits branch by branch: first those that are clearly the worst, by the upper bound of their share within the standard; those of fewer than 10 waits last.
Formula: waits within the standard ÷ waits.
Unit: rates are shares, 0 to 1; seconds.
Source: queueing times of the service-quality handbook.
Counted: as in wait: who gave up after the standard is a miss, who gave up within it is left out. Only branches: a hotline is one queue.
Columns:
  branch_id: branch
  n: waits, the denominator
  within: waits within the standard
  rate: share of waits within the standard
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  median: median wait, seconds
  p90: 90th percentile of the wait, seconds
  priority_n: waits of the elderly and the disabled
  priority_rate: share of these within the standard; null: there are none
  others_rate: share of the others'' waits within the standard; null: there are none
  gave_up: customers who left after the standard instead of being served'
