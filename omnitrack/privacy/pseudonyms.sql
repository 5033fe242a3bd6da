-- All pseudonyms that stored touchpoints bear, those of sessions among them, in order.
SELECT DISTINCT arrayJoin(arrayConcat(mapValues(identities), if(session_id IS NULL, [], [ifNull(session_id, '')]))) AS pseudonym
FROM touchpoints
WHERE match(pseudonym, '^[0-9a-f]{32}$')
ORDER BY pseudonym
