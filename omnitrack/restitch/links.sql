-- The customers that stored touchpoints link to each of the identities given; a session's is of the kind 'session'.
-- More than {most} are as good as all.
SELECT identity.1 AS kind, identity.2 AS value, groupUniqArray({most:UInt32})(customer_id) AS customers
FROM
(
    SELECT
        customer_id,
        arrayJoin(arrayConcat(
            arrayZip(
                arrayMap(kind -> toString(kind), mapKeys(identities)),
                mapValues(identities)
            ),
            if(session_id IS NULL, [], [('session', concat(channel, ':', ifNull(session_id, '')))])
        )) AS identity
    FROM touchpoints FINAL
    WHERE mapContains(identities, 'customer_no')
)
WHERE identity IN (SELECT arrayJoin(arrayZip({kinds:Array(String)}, {values:Array(String)})))
GROUP BY kind, value
