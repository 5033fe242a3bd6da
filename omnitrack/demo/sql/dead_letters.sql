-- Dead letters by reason.
SELECT reason, count() AS letters
FROM dead_letters FINAL
GROUP BY reason
ORDER BY letters DESC, reason
