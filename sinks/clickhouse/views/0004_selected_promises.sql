CREATE OR REPLACE VIEW selected_promises AS
WITH
    {{ period }},
    (SELECT (min(made_at), max(made_at)) FROM {{ database }}.promises WHERE due_at >= {since:DateTime64(3, 'UTC')} AND due_at < {until:DateTime64(3, 'UTC')}) AS made,
    -- Another touchpoint may turn out to have made a promise, in any month and due at any time: of those that were ever
    -- due in the period, all versions are looked at.
    due AS
    (
        SELECT
            customer_id,
            promise_id,
            argMax((channel, made_at, due_at, kept_at, status, journey_id, is_deleted), version) AS newest
        FROM {{ database }}.promises
        WHERE (customer_id, promise_id) IN (
            SELECT customer_id, promise_id
            FROM {{ database }}.promises
            WHERE due_at >= {since:DateTime64(3, 'UTC')} AND due_at < {until:DateTime64(3, 'UTC')}
                AND ({anonymous:UInt8} OR NOT startsWith(customer_id, 'anon:')))
        GROUP BY customer_id, promise_id
        HAVING newest.3 >= {since:DateTime64(3, 'UTC')} AND newest.3 < {until:DateTime64(3, 'UTC')} AND NOT newest.7
            AND (empty({channel:Array(String)}) OR has({channel:Array(String)}, newest.1))
    ),
    of AS
    (
        SELECT journey_id, argMax((intent, care, is_deleted), version) AS newest
        FROM {{ database }}.journeys
        WHERE last_at >= made.1 AND started_at <= made.2
            AND journey_id IN (
                SELECT journey_id
                FROM {{ database }}.promises
                WHERE due_at >= {since:DateTime64(3, 'UTC')} AND due_at < {until:DateTime64(3, 'UTC')})
        GROUP BY journey_id
        HAVING NOT newest.3
    )
SELECT
    due.customer_id AS customer_id,
    due.promise_id AS promise_id,
    due.newest.6 AS journey_id,
    due.newest.1 AS channel,
    if(of.newest.1 = '', 'unknown', of.newest.1) AS intent,
    of.newest.2 AS care,
    due.newest.2 AS made_at,
    due.newest.3 AS due_at,
    due.newest.4 AS kept_at,
    due.newest.5 AS status,
    period_of(due_at) AS group_period,
    group_of('intent', intent) AS group_intent,
    group_of('channel', channel) AS group_channel
FROM due
LEFT JOIN of ON due.newest.6 = of.journey_id
WHERE (empty({intent:Array(String)}) OR has({intent:Array(String)}, intent))
    AND {{ in_care }}
COMMENT 'Promises that fell due in the period, by the channel that made them, with intent and care groups of their journey (unknown and none where they have none). What metrics of promises count.'
