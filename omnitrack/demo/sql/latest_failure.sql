-- The handoff that failed last: at its arrival, or at the deadline of the referral that was lost.
SELECT
    customer_id,
    intent,
    from_channel,
    to_channel,
    referred_to,
    left_at,
    arrived_at,
    due_at,
    failures,
    wait_seconds,
    reasked,
    contradictions,
    care
FROM handoffs FINAL
WHERE result = 'failed'
ORDER BY coalesce(arrived_at, due_at, left_at) DESC, handoff_id
LIMIT 1
