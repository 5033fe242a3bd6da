CREATE OR REPLACE VIEW metric_priority_parity AS
WITH
    {{ wilson }}
SELECT
    if(others_rate = 0, NULL, priority_rate / others_rate) AS parity,
    countIf(is_priority) AS priority_n,
    countIf(is_priority AND is_within) AS priority_within,
    rate_of(priority_within, priority_n) AS priority_rate,
    low_of(priority_within, priority_n) AS priority_low,
    high_of(priority_within, priority_n) AS priority_high,
    countIf(NOT is_priority) AS others_n,
    countIf(NOT is_priority AND is_within) AS others_within,
    rate_of(others_within, others_n) AS others_rate,
    low_of(others_within, others_n) AS others_low,
    high_of(others_within, others_n) AS others_high,
    count() AS n
FROM
(
    SELECT customer_id IN (SELECT customer_id FROM {{ told_care }} WHERE care IN ('elderly', 'disabled')) AS is_priority, wait_seconds <= standard_seconds AS is_within
    FROM {{ database }}.selected_waits({{ filters }}, {{ ungrouped }})
) AS waits_told
COMMENT 'Priority parity: whether elderly and disabled customers wait within the standard as often as the others.
Formula: share of waits within the standard of customers with elderly or disabled ÷ that of the others.
Unit: ratio; above 1 they are served better than the others, below 1 worse.
Source: the service-quality handbook, on elderly and disabled customers.
Counted: as in wait: who gave up after the standard is a miss, who gave up within it is left out. A customer is elderly or disabled if any touchpoint of theirs tells it, not only the one that waited.
Headline: parity, ratio, higher is better.
Columns:
  parity: priority_rate ÷ others_rate; null where one of them is missing, or the others'' is 0
  priority_n: waits of elderly and disabled customers
  priority_within: those no longer than the standard
  priority_rate: their share
  priority_low: lower bound of its 95 % interval
  priority_high: upper bound of its 95 % interval
  others_n: waits of all other customers
  others_within: those no longer than the standard
  others_rate: their share
  others_low: lower bound of its 95 % interval
  others_high: upper bound of its 95 % interval
  n: all waits'
