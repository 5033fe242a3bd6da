-- Identities that touchpoints of {customer} bear and nobody else's do; a session's is of the kind 'session'.
WITH bearers AS
(
    SELECT
        customer_id,
        arrayJoin(arrayConcat(
            arrayZip(arrayMap(kind -> toString(kind), mapKeys(identities)), mapValues(identities)),
            if(session_id IS NULL, [], [('session', concat(channel, ':', ifNull(session_id, '')))])
        )) AS identity
    FROM touchpoints FINAL
)
SELECT identity.1 AS kind, identity.2 AS value
FROM bearers
WHERE identity IN (SELECT identity FROM bearers WHERE customer_id = {customer:String}) AND identity.1 != 'customer_no'
GROUP BY kind, value
HAVING uniqExact(customer_id) = 1
