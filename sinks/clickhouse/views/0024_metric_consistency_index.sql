CREATE OR REPLACE VIEW metric_consistency_index AS
SELECT
    if(empty(missing), 100 * pow(assumeNotNull(completion_parity) * assumeNotNull(wait_parity) * assumeNotNull(context_carry) * assumeNotNull(handoff_success) * assumeNotNull(answer_agreement), 0.2), NULL) AS score,
    completion.parity AS completion_parity,
    waiting.parity AS wait_parity,
    context.rate AS context_carry,
    success.rate AS handoff_success,
    agreement.rate AS answer_agreement,
    arrayFilter(
        (component, is_missing) -> is_missing,
        ['completion_parity', 'wait_parity', 'context_carry', 'handoff_success', 'answer_agreement'],
        [isNull(completion_parity), isNull(wait_parity), isNull(context_carry), isNull(handoff_success), isNull(answer_agreement)]) AS missing,
    least(completion.n, waiting.n, context.n, success.n, agreement.n) AS n
FROM {{ database }}.metric_completion_parity({{ filters }}, minimum = {minimum:UInt32}) AS completion
CROSS JOIN {{ database }}.metric_wait_parity({{ filters }}) AS waiting
CROSS JOIN (SELECT max(rate) AS rate, max(toUInt64(n)) AS n FROM {{ database }}.metric_context_carry({{ filters }}, {{ ungrouped }})) AS context
CROSS JOIN (SELECT max(rate) AS rate, max(toUInt64(n)) AS n FROM {{ database }}.metric_handoff_success({{ filters }}, {{ ungrouped }})) AS success
CROSS JOIN (SELECT max(rate) AS rate, max(toUInt64(n)) AS n FROM {{ database }}.metric_answer_agreement({{ filters }}, {{ ungrouped }})) AS agreement
COMMENT 'Consistency index: one number for whether the bank acts as one towards its customers, whichever channel they use.
Formula: 100 × geometric mean of completion parity, wait parity, context carry, handoff success and answer agreement; no score if one of them is missing.
Unit: points, 0 to 100.
Source: this project''s own.
Counted: as in its five components.
Headline: score, points, higher is better.
Columns:
  score: the index; null if a component is missing
  completion_parity: lowest ÷ highest completion rate across channels
  wait_parity: lowest ÷ highest share of waits within the standard across channels
  context_carry: share of required information not asked again at handoffs
  handoff_success: share of smooth handoffs
  answer_agreement: share of answers that agree across channels
  missing: components without a value
  n: number of observations of the component that has the fewest'
