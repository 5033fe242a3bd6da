CREATE OR REPLACE VIEW metric_journey_paths AS
WITH
    {{ wilson }}
SELECT
    arrayStringConcat(channels, ' → ') AS path,
    count() AS n,
    countIf(status = 'completed') AS completed,
    countIf(status != 'open') AS closed,
    rate_of(completed, closed) AS rate,
    low_of(completed, closed) AS low,
    high_of(completed, closed) AS high,
    sum(n) OVER () AS journeys,
    rate_of(n, journeys) AS share,
    low_of(n, journeys) AS share_low,
    high_of(n, journeys) AS share_high,
    quantileExactInclusiveOrNullIf(0.5)(dateDiff('millisecond', started_at, assumeNotNull(ended_at)) / 1000, status = 'completed') AS median_seconds
FROM {{ database }}.selected_journeys({{ filters }}, {{ ungrouped }})
GROUP BY channels
ORDER BY n DESC, path
COMMENT 'Journey paths: the ways that journeys take through the channels.
Formula: journeys per sequence of channels, one element per visit; the sequences add up to the journeys.
Unit: counts; rate and share are shares, 0 to 1; seconds.
Source: the visits of stitching.
Counted: journeys that started in the period, open ones too; rate counts those that are over.
Columns:
  path: channels in order, one per visit
  n: journeys that took this path
  completed: those completed
  closed: those that are over, the denominator of rate
  rate: share of completed journeys among those that are over
  low: lower bound of the 95 % interval of rate
  high: upper bound of the 95 % interval of rate
  journeys: journeys of all paths, the denominator of share
  share: share of this path in all journeys
  share_low: lower bound of the 95 % interval of share
  share_high: upper bound of the 95 % interval of share
  median_seconds: median time from the start to the completion, seconds; null if none is completed'
