CREATE OR REPLACE VIEW explorer_alerts AS
WITH
    {{ held_alerts }}
SELECT
    event_time,
    status,
    severity,
    rule,
    kind,
    summary,
    customer_id,
    journey_id,
    labels,
    value,
    threshold,
    count,
    resolved_at,
    if(isNull(resolved_at), NULL, greatest(0, dateDiff('second', event_time, assumeNotNull(resolved_at)))) AS lasted_seconds,
    raised_at,
    updated_at,
    silenced_by,
    subject,
    fingerprint,
    alert_id
FROM held_alerts
WHERE ({status:String} = '' OR status = {status:String})
    AND ({severity:String} = '' OR severity = {severity:String})
    AND startsWith(rule, {rule:String})
ORDER BY event_time DESC, alert_id
LIMIT {limit:UInt64}
COMMENT 'Alerts: what the rules of the catalogue found wrong, and what became of it. The latest first.
Unit: one row per alert.
Source: the alert rules of the catalogue.
Counted: alerts that began in the period; an empty status or severity lets all of them through, rule is the beginning of its name. A filter of intent or channel leaves alerts that bear it as a label.
Columns:
  event_time: when it began to be wrong, by the events, UTC
  status: firing, resolved, silenced, or retracted: it never was right
  severity: info, warning or critical
  rule: rule of the catalogue
  kind: handoff, rate, deadline or wait
  summary: what is wrong, in the words of the rule
  customer_id: customer; empty: no one customer
  journey_id: journey it is about; null: no one journey
  labels: labels of the rule, and of what it found
  value: what was measured: a share, or seconds until due; null: nothing
  threshold: what the value is held against, in its unit; null: nothing
  count: how many a share is of; null: no share
  resolved_at: when it ended, by the events, UTC; null: not yet
  lasted_seconds: from event_time to resolved_at, seconds
  raised_at: when it was first said, UTC
  updated_at: when it was last said, UTC
  silenced_by: maintenance or incident that silences it; null: none
  subject: what it is about
  fingerprint: the rule and its subject; a later alert on the same has the same
  alert_id: the alert'
