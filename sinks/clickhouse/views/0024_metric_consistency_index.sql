CREATE OR REPLACE VIEW metric_consistency_index AS
SELECT
    if(empty(missing), 100 * pow(assumeNotNull(completion_parity) * assumeNotNull(wait_parity) * assumeNotNull(context_carry) * assumeNotNull(handoff_success) * assumeNotNull(answer_agreement), 0.2), NULL) AS score,
    completion.parity AS completion_parity,
    waiting.parity AS wait_parity,
    if(handoffs.required = 0, NULL, handoffs.carried / handoffs.required) AS context_carry,
    if(handoffs.known = 0, NULL, handoffs.smooth / handoffs.known) AS handoff_success,
    if(handoffs.pairs = 0, NULL, handoffs.agreed / handoffs.pairs) AS answer_agreement,
    arrayFilter(
        (component, is_missing) -> is_missing,
        ['completion_parity', 'wait_parity', 'context_carry', 'handoff_success', 'answer_agreement'],
        [isNull(completion_parity), isNull(wait_parity), isNull(context_carry), isNull(handoff_success), isNull(answer_agreement)]) AS missing,
    least(completion.n, waiting.n, handoffs.required, handoffs.known, handoffs.pairs) AS n
FROM {{ database }}.metric_completion_parity({{ filters }}, minimum = {minimum:UInt32}) AS completion
CROSS JOIN {{ database }}.metric_wait_parity({{ filters }}) AS waiting
CROSS JOIN
(
    -- What the three metrics of handoffs count, at one go.
    SELECT
        sum(handoffs_alike * (result = 'smooth')) AS smooth,
        sum(handoffs_alike * (result IN ('smooth', 'failed'))) AS known,
        sum(handoffs_alike * has_arrived * length(required_fields)) AS required,
        required - sum(handoffs_alike * has_arrived * length(arrayIntersect(required_fields, reasked))) AS carried,
        sum(handoffs_alike * pairs_alike) AS pairs,
        sum(handoffs_alike * (pairs_alike - changed_alike)) AS agreed
    FROM
    (
        SELECT intent AS of_intent, result, isNotNull(arrived_at) AS has_arrived, reasked, length(compared) AS pairs_alike, length(mapKeys(contradictions)) AS changed_alike, count() AS handoffs_alike
        FROM {{ database }}.selected_handoffs({{ filters }}, {{ ungrouped }})
        GROUP BY of_intent, result, has_arrived, reasked, pairs_alike, changed_alike
    ) AS alike
    LEFT JOIN (SELECT intent AS of_intent, required_fields FROM {{ database }}.catalogue FINAL) AS required_of ON alike.of_intent = required_of.of_intent
) AS handoffs
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
