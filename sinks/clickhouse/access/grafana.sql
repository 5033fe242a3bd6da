-- Grafana's dashboards: the metric views, and columns of two views beneath them that panels show.
CREATE ROLE IF NOT EXISTS omnitrack_grafana;
GRANT SELECT ON {{ database }}.metric_* TO omnitrack_grafana;
ALTER TABLE {{ database }}.selected_handoffs MODIFY SQL SECURITY DEFINER DEFINER = omnitrack_views;
GRANT SELECT(left_at, customer_id, journey_id, intent, from_channel, to_channel, referred_to, due_at, arrived_at, result, failures, wait_seconds, reasked, contradictions)
    ON {{ database }}.selected_handoffs TO omnitrack_grafana;
ALTER TABLE {{ database }}.selected_waits MODIFY SQL SECURITY DEFINER DEFINER = omnitrack_views;
GRANT SELECT(channel, intent, standard_seconds) ON {{ database }}.selected_waits TO omnitrack_grafana;
GRANT SELECT(time_zone, intent) ON {{ database }}.catalogue TO omnitrack_grafana;
