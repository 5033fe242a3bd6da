-- Rows per table, as readers see them.
SELECT 'touchpoints' AS name, count() AS rows FROM touchpoints FINAL
UNION ALL
SELECT 'journeys', count() FROM journeys FINAL
UNION ALL
SELECT 'handoffs', count() FROM handoffs FINAL
UNION ALL
SELECT 'promises', count() FROM promises FINAL
UNION ALL
SELECT 'alerts', count() FROM alerts FINAL
UNION ALL
SELECT 'dead_letters', count() FROM dead_letters FINAL
UNION ALL
SELECT 'duplicates', count() FROM duplicates FINAL
UNION ALL
SELECT 'rejected_rows', count() FROM rejected_rows FINAL
