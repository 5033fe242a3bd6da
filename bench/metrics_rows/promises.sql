-- Promises made in every tenth of those journeys.
INSERT INTO promises (customer_id, promise_id, journey_id, channel, made_at, due_at, kept_at, status, version)
WITH
    number AS journey,
    cityHash64(journey) AS chance,
    ['kept', 'kept', 'kept', 'kept_late', 'overdue'] AS statuses,
    fromUnixTimestamp64Milli(toInt64({since:Int64} + journey * {pace:Float64} + chance % 3600000), 'UTC') AS start
SELECT
    concat('C-', leftPad(toString(chance % {customers:UInt64}), 8, '0')),
    concat('p', hex(journey)),
    reinterpretAsUUID(sipHash128(journey)),
    ['mobile_app', 'online_banking', 'wechat', 'hotline', 'branch', 'atm'][1 + chance % 6],
    start,
    addHours(start, 24 + chance % 72) AS due,
    if({version:UInt64} = 1 OR statuses[1 + chance % 5] = 'overdue', NULL, due),
    if({version:UInt64} = 1, 'pending', statuses[1 + chance % 5]),
    {version:UInt64}
FROM numbers({first:UInt64}, {count:UInt64})
WHERE chance % 10 = 3 AND journey % {every:UInt64} = 0
