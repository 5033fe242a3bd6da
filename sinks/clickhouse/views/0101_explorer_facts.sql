CREATE OR REPLACE VIEW explorer_facts AS
SELECT
    (SELECT max(time_zone) FROM {{ database }}.catalogue FINAL WHERE intent = '') AS zone,
    (SELECT count() FROM {{ database }}.touchpoints) AS touchpoints,
    (SELECT min(occurred_at) FROM {{ database }}.touchpoints) AS first_at,
    (SELECT max(occurred_at) FROM {{ database }}.touchpoints) AS last_at,
    (SELECT arraySort(groupUniqArray(toString(intent))) FROM {{ database }}.journeys) AS intents,
    (SELECT arraySort(groupUniqArrayArray(channels)) FROM {{ database }}.journeys) AS channels,
    (SELECT arraySort(groupUniqArray(toString(care))) FROM {{ database }}.care_groups WHERE care != '') AS care
COMMENT 'What is there: the time zone of the bank''s days, how many touchpoints are stored (versions not yet merged count too), from when to when, and what can be filtered by.
Columns:
  zone: time zone of the business calendar; empty where the catalogue has none
  touchpoints: stored rows of touchpoints
  first_at: when the first of them happened, UTC
  last_at: when the last of them happened, UTC
  intents: intents of journeys
  channels: channels of journeys
  care: care groups of customers'
