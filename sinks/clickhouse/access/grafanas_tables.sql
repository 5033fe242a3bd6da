-- What Grafana lists to choose from, and the dead letters it shows, without what they carried.
GRANT SELECT(channel, occurred_at) ON {{ database }}.touchpoints TO omnitrack_grafana;
GRANT SELECT(intent, care, started_at) ON {{ database }}.journeys TO omnitrack_grafana;
GRANT SELECT(received_at, topic, partition, offset, reason, errors, replayed_at) ON {{ database }}.dead_letters TO omnitrack_grafana;
GRANT SELECT(rejected_at) ON {{ database }}.rejected_rows TO omnitrack_grafana;
