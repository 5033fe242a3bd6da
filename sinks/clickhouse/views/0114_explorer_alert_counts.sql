CREATE OR REPLACE VIEW explorer_alert_counts AS
WITH
    {{ period }},
    {{ held_alerts }}
SELECT
    group_period AS period,
    group_rule AS rule,
    group_severity AS severity,
    group_kind AS kind,
    count() AS n,
    countIf(status = 'firing') AS firing,
    countIf(status = 'firing' AND counted.severity = 'critical') AS critical,
    countIf(status = 'silenced') AS silenced,
    countIf(status = 'resolved') AS resolved,
    countIf(status = 'retracted') AS retracted,
    quantileExactInclusiveOrNullIf(0.5)(dateDiff('second', event_time, assumeNotNull(resolved_at)), isNotNull(resolved_at)) AS lasted_median,
    max(event_time) AS last_at
FROM
(
    SELECT
        *,
        period_of(event_time) AS group_period,
        group_of('rule', rule) AS group_rule,
        group_of('rule', severity) AS group_severity,
        group_of('rule', kind) AS group_kind
    FROM held_alerts
) AS counted
GROUP BY group_period, group_rule, group_severity, group_kind
ORDER BY period, n DESC, rule, severity
COMMENT 'Alerts counted: how many there were, and what became of them.
Formula: alerts = firing + silenced + resolved + retracted.
Unit: count; seconds.
Source: the alert rules of the catalogue.
Counted: alerts that began in the period. A filter of intent or channel leaves alerts that bear it as a label.
Columns:
  period: first day of the day, week or month; null unless grouped by it
  rule: rule of the catalogue; empty unless grouped by it
  severity: severity of the rule; empty unless grouped by rule
  kind: handoff, rate, deadline or wait; empty unless grouped by rule
  n: alerts
  firing: alerts that are still firing
  critical: critical ones of those that are still firing
  silenced: alerts that maintenance or an incident silences
  resolved: alerts that ended
  retracted: alerts that corrections took back: they never were right
  lasted_median: median time from beginning to end, of those that ended, seconds
  last_at: when the last of them began, UTC'
