-- Identities that touchpoints of {customer} bear and nobody else's do; a session's, of the kind 'session', with its channel.
WITH bearers AS
(
    SELECT
        customer_id,
        arrayJoin(arrayConcat(
            arrayMap((kind, value) -> (toString(kind), value, ''), mapKeys(identities), mapValues(identities)),
            if(session_id IS NULL, [], [('session', ifNull(session_id, ''), toString(channel))])
        )) AS identity
    FROM touchpoints FINAL
)
SELECT identity.1 AS kind, identity.2 AS value, identity.3 AS channel
FROM bearers
WHERE identity IN (SELECT identity FROM bearers WHERE customer_id = {customer:String}) AND identity.1 != 'customer_no'
GROUP BY kind, value, channel
HAVING uniqExact(customer_id) = 1
