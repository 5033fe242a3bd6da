-- Touchpoints: five to a journey, on its first channel and then, in every second journey, on another one.
INSERT INTO touchpoints (customer_id, channel, event_id, occurred_at, touchpoint, stage, outcome, session_id, intent, wait_seconds, handle_seconds, reasked, answers, care, identities, details, journey_id, received_at, source_topic, source_partition, source_offset, version)
WITH
    intDiv(number, 5) AS journey,
    number % 5 AS step,
    cityHash64(journey) AS chance,
    cityHash64(number, 'step') AS luck,
    concat('C-', leftPad(toString(chance % {customers:UInt64}), 8, '0')) AS customer,
    ['mobile_app', 'online_banking', 'wechat', 'hotline', 'branch', 'atm'] AS channels,
    if(step < 3 OR chance % 2 = 0, channels[1 + chance % 6], channels[1 + (chance + 3) % 6]) AS on_channel,
    fromUnixTimestamp64Milli(toInt64({since:Int64} + journey * {pace:Float64} + chance % 3600000 + step * 120000 + if(step < 3, 0, (chance % 72) * 3600000)), 'UTC') AS at
SELECT
    customer,
    on_channel,
    concat('e', hex(number)),
    at,
    ['app.open', 'service.queue', 'service.step', 'service.queue', 'service.step'][1 + step],
    if(step IN (1, 3), 'wait', 'serve'),
    if(step = 4 AND chance % 5 > 0, 'succeeded', if(step IN (1, 3) AND luck % 40 = 0, 'abandoned', 'progressed')),
    concat('s', hex(journey)),
    if(step = 0 OR luck % 10 = 0, NULL, ['card_replacement', 'loan_application', 'account_opening', 'transfer', 'limit_change', 'password_reset', 'complaint'][1 + intDiv(chance, 6) % 7]),
    if(step IN (1, 3) AND on_channel IN ('hotline', 'branch'), 20 + luck % 1200, NULL),
    if(step IN (2, 4) AND on_channel IN ('hotline', 'branch'), 60 + luck % 600, NULL),
    if(step = 4 AND chance % 9 = 0, ['id_number'], []),
    if(step IN (2, 4), map('fee', toString(10 + chance % 3)), map()),
    if(chance % {customers:UInt64} % 7 = 0, ['elderly'], []),
    map('customer_no', customer),
    concat('{"call_id":"', hex(journey), '"}'),
    reinterpretAsUUID(sipHash128(journey)),
    addMilliseconds(at, 500 + luck % 3000),
    concat('omnitrack.touchpoints.', on_channel),
    number % 4,
    intDiv(number, 4),
    1
FROM numbers({first:UInt64} * 5, {count:UInt64} * 5)
