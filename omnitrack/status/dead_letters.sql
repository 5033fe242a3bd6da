-- Dead letters by reason, of every stage.
SELECT reason, count() AS letters
FROM dead_letters FINAL
GROUP BY reason
ORDER BY letters DESC, reason
