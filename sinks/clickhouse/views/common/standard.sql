-- The longest wait (seconds) within the standard of an intent on a channel, by the catalogue.
(SELECT (groupArray(concat(intent, '\x1f', channel)), groupArray(toFloat64(seconds))) FROM (SELECT intent, arrayJoin(wait_standards) AS entry, entry.1 AS channel, entry.2 AS seconds FROM {{ database }}.catalogue FINAL)) AS channel_standards,
(SELECT (groupArray(toString(intent)), groupArray(wait_standard)) FROM {{ database }}.catalogue FINAL) AS intent_standards,
assumeNotNull((SELECT any(wait_standard) FROM {{ database }}.catalogue FINAL WHERE intent = '')) AS usual_standard,
((of_intent, on_channel) -> transform(concat(of_intent, '\x1f', on_channel), channel_standards.1, channel_standards.2, transform(of_intent, intent_standards.1, intent_standards.2, usual_standard))) AS standard_of
