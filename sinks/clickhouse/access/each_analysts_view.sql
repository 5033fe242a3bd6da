ALTER TABLE {{ database }}.{{ view }} MODIFY SQL SECURITY DEFINER DEFINER = omnitrack_views;
GRANT SELECT ON {{ database }}.{{ view }} TO omnitrack_analyst;
