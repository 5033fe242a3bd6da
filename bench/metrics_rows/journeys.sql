-- The journeys of those touchpoints; every hundredth was first stored otherwise, by the arrivals that were not yet known.
INSERT INTO journeys (customer_id, journey_id, intent, status, started_at, last_at, ended_at, channels, touchpoints, visits, contacts, handoffs, failed_handoffs, reopened, wait_seconds, handle_seconds, reasks, csat, nps, ces, care, contact_channels, contact_starts, waits, failures, version)
WITH
    number AS journey,
    cityHash64(journey) AS chance,
    ['mobile_app', 'online_banking', 'wechat', 'hotline', 'branch', 'atm'] AS channels_known,
    if(chance % 2 = 0, [channels_known[1 + chance % 6]], [channels_known[1 + chance % 6], channels_known[1 + (chance + 3) % 6]]) AS its_channels,
    if(chance % 9 = 0, ['repeated'], if(chance % 11 = 0, ['stalled'], if(chance % 17 = 0, ['bounced'], []))) AS its_failures,
    fromUnixTimestamp64Milli(toInt64({since:Int64} + journey * {pace:Float64} + chance % 3600000), 'UTC') AS start,
    addMilliseconds(start, 480000 + (chance % 72) * 3600000) AS last,
    ['completed', 'completed', 'completed', 'completed', 'abandoned'][1 + if(chance % 5 > 0, 0, 4)] AS its_status
SELECT
    concat('C-', leftPad(toString(chance % {customers:UInt64}), 8, '0')),
    reinterpretAsUUID(sipHash128(journey)),
    ['card_replacement', 'loan_application', 'account_opening', 'transfer', 'limit_change', 'password_reset', 'complaint'][1 + intDiv(chance, 6) % 7],
    its_status,
    start + toIntervalMillisecond({delay:UInt32}),
    last,
    if(its_status = 'completed', last, NULL),
    its_channels,
    5,
    length(its_channels),
    length(its_channels),
    length(its_channels) - 1,
    if(chance % 2 = 1 AND notEmpty(its_failures), 1, 0),
    0,
    if(hasAny(its_channels, ['hotline', 'branch']), 20 + chance % 1200, 0),
    600,
    if(chance % 9 = 0, 1, 0),
    if(chance % 10 = 0, 1 + intDiv(chance, 10) % 5, NULL),
    if(chance % 15 = 0, intDiv(chance, 15) % 11, NULL),
    if(chance % 20 = 0, 1 + intDiv(chance, 20) % 7, NULL),
    if(chance % {customers:UInt64} % 7 = 0, ['elderly'], []),
    its_channels,
    if(chance % 2 = 0, [start], [start, addMilliseconds(last, -120000)]),
    if(hasAny(its_channels, ['hotline', 'branch']), map(its_channels[-1], toFloat64(20 + chance % 1200)), map()),
    if(chance % 2 = 1, its_failures, []),
    {version:UInt64}
FROM numbers({first:UInt64}, {count:UInt64})
WHERE journey % {every:UInt64} = 0
