-- The handoffs of those journeys.
INSERT INTO handoffs (customer_id, handoff_id, journey_id, intent, from_channel, to_channel, left_at, arrived_at, gap_seconds, result, failures, wait_seconds, reasked, contradictions, care, compared, version)
WITH
    number AS journey,
    cityHash64(journey) AS chance,
    ['mobile_app', 'online_banking', 'wechat', 'hotline', 'branch', 'atm'] AS channels,
    if(chance % 9 = 0, ['repeated'], if(chance % 11 = 0, ['stalled'], if(chance % 17 = 0, ['bounced'], if(chance % 23 = 0, ['lost'], [])))) AS its_failures,
    fromUnixTimestamp64Milli(toInt64({since:Int64} + journey * {pace:Float64} + chance % 3600000), 'UTC') AS start
SELECT
    concat('C-', leftPad(toString(chance % {customers:UInt64}), 8, '0')),
    reinterpretAsUUID(sipHash128(journey, 'handoff')),
    reinterpretAsUUID(sipHash128(journey)),
    ['card_replacement', 'loan_application', 'account_opening', 'transfer', 'limit_change', 'password_reset', 'complaint'][1 + intDiv(chance, 6) % 7],
    channels[1 + chance % 6],
    channels[1 + (chance + 3) % 6],
    addMilliseconds(start, 240000) AS left_at,
    if(has(its_failures, 'lost'), NULL, addMilliseconds(start, 360000 + (chance % 72) * 3600000)) AS arrives_at,
    if(isNull(arrives_at), NULL, dateDiff('millisecond', left_at, assumeNotNull(arrives_at)) / 1000),
    if({version:UInt64} = 1, 'pending', if(notEmpty(its_failures), 'failed', 'smooth')),
    if({version:UInt64} = 1, [], its_failures),
    20 + chance % 600,
    if(chance % 9 = 0, ['id_number'], []),
    if(chance % 19 = 0, map('fee', '10 → 12'), map()),
    if(chance % {customers:UInt64} % 7 = 0, ['elderly'], []),
    if(chance % 3 = 0 OR chance % 19 = 0, ['fee'], []),
    {version:UInt64}
FROM numbers({first:UInt64}, {count:UInt64})
WHERE chance % 2 = 1 AND journey % {every:UInt64} = 0
