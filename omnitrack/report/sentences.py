"""What stands out, in whole sentences, each with its number."""

from __future__ import annotations

from collections.abc import Iterator

from omnitrack.metrics.wording import named, number_text
from omnitrack.report.facts import Compared, Facts
from omnitrack.report.plots import FAILURES

ENOUGH = 100
FAILURE_WORDS = {
    "misdirected": "went to another channel than they were sent to",
    "overdue": "came after the date they were given",
    "repeated": "were asked again for what the bank already knew",
    "contradicted": "were told something else than before",
    "bounced": "were sent back with nothing achieved",
    "stalled": "waited longer than the standard",
    "lost": "never arrived where they were sent",
}


def sentences(facts: Facts) -> Iterator[str]:
    """The findings of the month, the most general first; none where there is too little to say."""
    yield from _completion(facts.compared("journeys"))
    yield from _index(facts)
    yield from _failure(facts)
    yield from _weakest(facts)
    yield from _promises(facts.compared("promise_kept"))
    yield from _contradiction(facts)


def _completion(journeys: Compared) -> Iterator[str]:
    if journeys.now and journeys.now["n"]:
        row = journeys.now
        yield (
            f"{row['journeys']:,} journeys began; of the {row['n']:,} that are over, {journeys.text} ended with what "
            f"the customer wanted{_moved(journeys)}."
        )


def _index(facts: Facts) -> Iterator[str]:
    index = facts.compared("consistency_index")
    known = [one for one in facts.components if one.value is not None]
    if index.value is None or not known:
        return
    weakest = min(known, key=lambda one: one.value or 0.0)
    yield (
        f"The consistency index stands at {index.text} of 100{_moved(index)}; {weakest.metric.title.lower()} holds it "
        f"down most, with {weakest.text}."
    )


def _failure(facts: Facts) -> Iterator[str]:
    known = sum(row["n"] for row in facts.matrix)
    counts = {name: sum(row[name] for row in facts.matrix) for name in FAILURES}
    worst = max(counts, key=lambda name: counts[name])
    if known >= ENOUGH and counts[worst]:
        yield (
            f"The most frequent failure when customers change channel is “{worst}”: in {counts[worst]:,} of {known:,} "
            f"handoffs ({number_text('share', counts[worst] / known)}) they {FAILURE_WORDS[worst]}."
        )


def _weakest(facts: Facts) -> Iterator[str]:
    many = [row for row in facts.matrix if row["n"] >= ENOUGH]
    if len(many) > 1:
        worst = min(many, key=lambda row: row["rate"])
        way = f"{named(worst['from_channel'])} to {named(worst['to_channel'])}"
        rate = number_text("share", worst["rate"])
        yield f"The weakest way is from {way}: {rate} of {worst['n']:,} handoffs went smoothly."


def _promises(promises: Compared) -> Iterator[str]:
    if promises.now and promises.now["n"]:
        row = promises.now
        broken = row["overdue"]
        yield f"Of {row['n']:,} promises due, {promises.text} were kept by their date; {broken:,} were not kept at all."


def _contradiction(facts: Facts) -> Iterator[str]:
    if facts.contradictions:
        row = facts.contradictions[0]
        way = f"{named(row['from_channel'])} and {named(row['to_channel'])}"
        customers = f"{row['customers']:,} customer{'' if row['customers'] == 1 else 's'}"
        told = f"“{row['answer']}”: {row['change']}, to {customers}"
        yield f"{way[0].upper()}{way[1:]} contradict each other most about {told}."


def _moved(one: Compared) -> str:
    if not one.change:
        return ""
    chance = ", which may be chance" if one.may_be_chance else ""
    return f" ({one.change} on the month before{chance})"
