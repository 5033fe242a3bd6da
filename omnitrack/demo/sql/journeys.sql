-- Journeys by status.
SELECT status, count() AS journeys
FROM journeys FINAL
GROUP BY status
ORDER BY journeys DESC, status
