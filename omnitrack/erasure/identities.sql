-- Identities that touchpoints of {customer} bear, a session's of the kind 'session' with its channel; with all whose
-- touchpoints bear them, and how many these are: more than {most} are not named.
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
SELECT
    identity.1 AS kind,
    identity.2 AS value,
    identity.3 AS channel,
    groupUniqArray({most:UInt32})(customer_id) AS named,
    uniqExact(customer_id) AS count
FROM bearers
WHERE identity IN (SELECT identity FROM bearers WHERE customer_id = {customer:String}) AND identity.1 != 'customer_no'
GROUP BY kind, value, channel
