CREATE OR REPLACE VIEW metric_completion_parity AS
SELECT
    if(count() < 2 OR max(share) = 0, NULL, min(share) / max(share)) AS parity,
    if(n = 0, NULL, argMin(on_channel, (share, on_channel))) AS lowest_channel,
    if(n = 0, NULL, min(share)) AS lowest,
    if(n = 0, NULL, argMax(on_channel, (share, on_channel))) AS highest_channel,
    if(n = 0, NULL, max(share)) AS highest,
    arraySort(groupArray((toString(on_channel), journeys, share))) AS channels,
    sum(journeys) AS n,
    (SELECT count() FROM {{ database }}.selected_journeys({{ filters }}, {{ ungrouped }}) WHERE status = 'open') AS undecided
FROM
(
    SELECT on_channel, sum(cell) AS journeys, sum(weight * completed / cell) / sum(weight) AS share
    FROM
    (
        SELECT on_channel, of_intent, cell, completed, sum(cell) OVER (PARTITION BY of_intent) AS weight
        FROM
        (
            SELECT first_channel AS on_channel, intent AS of_intent, count() AS cell, countIf(status = 'completed') AS completed
            FROM {{ database }}.selected_journeys({{ filters }}, {{ ungrouped }})
            WHERE status != 'open'
            GROUP BY on_channel, of_intent
        )
    )
    GROUP BY on_channel
    HAVING journeys >= {minimum:UInt32}
) AS per_channel
COMMENT 'Completion parity: whether a matter gets done equally often, whichever channel the customer starts it in.
Formula: min ÷ max across channels of the completion rate, standardised to the overall mix of intents (each intent weighs what it weighs in all journeys; intents that a channel does not have are left out there); channels with at least minimum journeys (30).
Unit: ratio, 0 to 1; 1 is the same everywhere. No value with fewer than two such channels.
Source: direct standardisation, as in epidemiology; component of the consistency index, which is this project''s own.
Counted: journeys that started in the period and are over (not open); a journey belongs to the channel it started in.
Headline: parity, ratio, higher is better.
Columns:
  parity: lowest ÷ highest standardised rate; null with fewer than two channels, or where none completes any
  lowest_channel: channel with the lowest rate
  lowest: its standardised completion rate
  highest_channel: channel with the highest rate
  highest: its standardised completion rate
  channels: every channel compared with its number of journeys and its standardised rate
  n: journeys of the channels compared
  undecided: journeys that are still open, on any channel, not in n yet: the shares may yet change'
