CREATE OR REPLACE VIEW explorer_wait_groups AS
WITH
    {{ wilson }}
SELECT
    channel,
    multiIf(has(care, 'elderly'), 'elderly', has(care, 'disabled'), 'disabled', 'others') AS care_group,
    count() AS n,
    countIf(wait_seconds <= standard_seconds) AS within,
    rate_of(within, n) AS rate,
    low_of(within, n) AS low,
    high_of(within, n) AS high,
    quantileExactInclusiveOrNull(0.5)(wait_seconds) AS median,
    quantileExactInclusiveOrNull(0.9)(wait_seconds) AS p90
FROM {{ database }}.selected_waits({{ filters }}, {{ ungrouped }})
WHERE {branch:String} = '' OR branch_id = {branch:String}
GROUP BY channel, care_group
ORDER BY channel, care_group
COMMENT 'Waits by care group: those of the elderly and the disabled beside those of the others, per channel.
Formula: waits within the standard ÷ waits; who is both elderly and disabled is among the elderly.
Unit: rate is a share, 0 to 1; seconds.
Source: the service-quality handbook, on elderly and disabled customers.
Counted: as in wait: who gave up after the standard is a miss, who gave up within it is left out. A customer is elderly or disabled if any touchpoint of theirs tells it. An empty branch lets all of them through.
Columns:
  channel: channel on which they waited
  care_group: elderly, disabled or others
  n: waits, the denominator
  within: waits within the standard
  rate: share of waits within the standard
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  median: median wait, seconds
  p90: 90th percentile of the wait, seconds'
