CREATE OR REPLACE VIEW journeys_between AS
WITH
    -- An arrival that is attached late moves the beginning of its journey, by a contact's pause at most: at the end of a
    -- month that leaves a version behind in the month beside, which FINAL does not see when it looks at each month alone.
    (SELECT toIntervalSecond(toUInt32(max(contact_gap))) FROM {{ database }}.catalogue) AS gap,
    outdated AS
    (
        SELECT journey_id, arrayJoin(arrayPopBack(arraySort(groupUniqArray(version)))) AS version
        FROM {{ database }}.journeys
        WHERE started_at >= {since:DateTime64(3, 'UTC')} - gap AND started_at < {until:DateTime64(3, 'UTC')} + gap
            AND toYYYYMM(started_at - gap) != toYYYYMM(started_at + gap)
        GROUP BY journey_id
        HAVING uniqExact(toYYYYMM(started_at)) > 1
    )
SELECT *
FROM {{ database }}.journeys FINAL
WHERE toUInt32OrZero(_partition_id) BETWEEN toYYYYMM({since:DateTime64(3, 'UTC')}) AND toYYYYMM({until:DateTime64(3, 'UTC')} - toIntervalMillisecond(1))
    AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at < {until:DateTime64(3, 'UTC')}
    AND (journey_id, version) NOT IN outdated
SETTINGS do_not_merge_across_partitions_select_final = 1
COMMENT 'Journeys that started in the period, as they stand: journeys FINAL, of which only the months in question are read.'
