CREATE OR REPLACE VIEW explorer_flows AS
SELECT
    from_channel,
    if(empty(failures), toString(result), toString(failures[1])) AS outcome,
    to_channel,
    count() AS handoffs
FROM {{ database }}.selected_handoffs({{ filters }}, {{ ungrouped }})
GROUP BY from_channel, outcome, to_channel
ORDER BY handoffs DESC, from_channel, outcome, to_channel
COMMENT 'Handoffs by how they went: from where to where customers change, and what goes wrong first. They add up to the handoffs.
Formula: handoffs per from → outcome → to; the outcome is smooth, pending, or the first failure in the order misdirected, overdue, repeated, contradicted, bounced, stalled, lost.
Unit: counts.
Source: the handoff rules of stitching.
Counted: handoffs left in the period.
Columns:
  from_channel: channel that the customer left
  outcome: smooth, pending, or the first failure
  to_channel: channel where the customer arrived, or was sent and did not arrive
  handoffs: handoffs that went so'
