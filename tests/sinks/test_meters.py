"""What the sink counts: how old touchpoints are once they are stored, and dead letters by their reason."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from prometheus_client import REGISTRY

from schemas.rows import DeadLetter
from sinks.meters import AGES, Ages, count_stored
from tests.sinks.rows import touchpoint_row

NOW = 2_000_000_000
LETTER = DeadLetter("t:0:1", "t", 0, 1, None, 0, "schema", (), "")


def counted(ages: Ages) -> tuple[dict[str, float], float]:
    """The buckets by their edge, and the sum."""
    [family] = ages.collect()
    buckets = {one.labels["le"]: one.value for one in family.samples if one.name.endswith("_bucket")}
    [total] = [one.value for one in family.samples if one.name.endswith("_sum")]
    return buckets, total


@given(st.lists(st.lists(st.integers(0, 10**8), max_size=30), max_size=5))
def test_the_histogram_of_writes_is_that_of_their_rows_one_by_one(writes: list[list[int]]) -> None:
    ages = Ages("ages", "for this test")
    for write in writes:
        ages.add([NOW * 1000 - age for age in write], NOW)
    buckets, total = counted(ages)
    each = [age / 1000 for write in writes for age in write]
    for edge in AGES:
        assert abs(buckets[str(edge)] - sum(age <= edge for age in each)) <= sum(abs(age - edge) < 1e-6 for age in each)
    assert buckets["+Inf"] == len(each)
    assert abs(total - sum(each)) < 1e-3 * (1 + len(each))


def test_letters_count_by_reason_and_their_tombstones_do_not() -> None:
    before = REGISTRY.get_sample_value("omnitrack_dead_letters_total", {"reason": "schema"}) or 0
    count_stored("dead_letters", [LETTER, LETTER, replace(LETTER, is_deleted=1)])
    assert REGISTRY.get_sample_value("omnitrack_dead_letters_total", {"reason": "schema"}) == before + 2


def test_touchpoints_count_by_their_age_and_withdrawn_ones_do_not() -> None:
    before = REGISTRY.get_sample_value("omnitrack_freshness_seconds_count") or 0
    count_stored("touchpoints", [touchpoint_row(1), touchpoint_row(2, is_deleted=1)])
    assert REGISTRY.get_sample_value("omnitrack_freshness_seconds_count") == before + 1
