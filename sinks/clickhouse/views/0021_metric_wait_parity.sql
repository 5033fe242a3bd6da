CREATE OR REPLACE VIEW metric_wait_parity AS
SELECT
    if(count() < 2 OR max(share) = 0, NULL, min(share) / max(share)) AS parity,
    if(n = 0, NULL, argMin(on_channel, (share, on_channel))) AS lowest_channel,
    if(n = 0, NULL, min(share)) AS lowest,
    if(n = 0, NULL, argMax(on_channel, (share, on_channel))) AS highest_channel,
    if(n = 0, NULL, max(share)) AS highest,
    arraySort(groupArray((toString(on_channel), waits, share))) AS channels,
    sum(waits) AS n
FROM
(
    SELECT channel AS on_channel, count() AS waits, countIf(wait_seconds <= standard_seconds) / waits AS share
    FROM {{ database }}.selected_waits({{ filters }}, {{ ungrouped }})
    GROUP BY channel
) AS per_channel
COMMENT 'Wait parity: whether customers wait within the standard equally often on every channel.
Formula: min ÷ max across channels of the share of waits within the standard.
Unit: ratio, 0 to 1; 1 is the same everywhere. No value with fewer than two channels.
Source: component of the consistency index, which is this project''s own.
Counted: as in wait: who gave up after the standard is a miss, who gave up within it is left out.
Headline: parity, ratio, higher is better.
Columns:
  parity: lowest ÷ highest share; null with fewer than two channels, or where no channel keeps its standard
  lowest_channel: channel with the lowest share
  lowest: its share of waits within the standard
  highest_channel: channel with the highest share
  highest: its share of waits within the standard
  channels: every channel with its number of waits and its share
  n: waits on all channels'
