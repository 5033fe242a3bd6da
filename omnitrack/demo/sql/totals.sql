-- What became of all records so far, and how many journeys there are.
SELECT
    (SELECT count() FROM touchpoints FINAL) AS stored,
    (SELECT count() FROM dead_letters FINAL) AS dead,
    (SELECT count() FROM duplicates FINAL) AS duplicate
