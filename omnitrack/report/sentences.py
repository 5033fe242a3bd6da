"""What stands out, in whole sentences, each with its number."""

from __future__ import annotations

from collections.abc import Iterator

from omnitrack.metrics.wording import number_text
from omnitrack.report.facts import Compared, Facts
from omnitrack.report.words import ReportWords
from schemas.rows import FAILURES

ENOUGH = 100


def sentences(facts: Facts, words: ReportWords) -> Iterator[str]:
    """The findings of the month, the most general first; none where there is too little to say."""
    yield from _completion(facts.compared("journeys"), words)
    yield from _index(facts, words)
    yield from _failure(facts, words)
    yield from _weakest(facts, words)
    yield from _promises(facts.compared("promise_kept"), words)
    yield from _contradiction(facts, words)


def _completion(journeys: Compared, words: ReportWords) -> Iterator[str]:
    if journeys.now and journeys.now["n"]:
        row = journeys.now
        began, over = f"{row['journeys']:,}", f"{row['n']:,}"
        moved = _moved(journeys, words)
        yield words("finding.completion", began=began, over=over, rate=journeys.text, moved=moved)


def _index(facts: Facts, words: ReportWords) -> Iterator[str]:
    index = facts.compared("consistency_index")
    known = [one for one in facts.components if one.value is not None]
    if index.value is None or not known:
        return
    weakest = min(known, key=lambda one: one.value or 0.0)
    title = words.definition(weakest.metric).title.lower()
    moved = _moved(index, words)
    yield words("finding.index", score=index.text, moved=moved, weakest=title, value=weakest.text)


def _failure(facts: Facts, words: ReportWords) -> Iterator[str]:
    known = sum(row["n"] for row in facts.matrix)
    counts = {name: sum(row[name] for row in facts.matrix) for name in FAILURES}
    worst = max(counts, key=lambda name: counts[name])
    if known >= ENOUGH and counts[worst]:
        yield words(
            "finding.failure",
            failure=words.name("outcome", worst),
            n=f"{counts[worst]:,}",
            known=f"{known:,}",
            rate=number_text("share", counts[worst] / known),
            meaning=words(f"failure.{worst}"),
        )


def _weakest(facts: Facts, words: ReportWords) -> Iterator[str]:
    many = [row for row in facts.matrix if row["n"] >= ENOUGH]
    if len(many) > 1:
        worst = min(many, key=lambda row: row["rate"])
        start, end = words.name("channel", worst["from_channel"]), words.name("channel", worst["to_channel"])
        rate = number_text("share", worst["rate"])
        yield words("finding.weakest", start=start, end=end, rate=rate, n=f"{worst['n']:,}")


def _promises(promises: Compared, words: ReportWords) -> Iterator[str]:
    if promises.now and promises.now["n"]:
        row = promises.now
        yield words("finding.promises", n=f"{row['n']:,}", rate=promises.text, broken=f"{row['overdue']:,}")


def _contradiction(facts: Facts, words: ReportWords) -> Iterator[str]:
    if facts.contradictions:
        row = facts.contradictions[0]
        start, end = words.name("channel", row["from_channel"]), words.name("channel", row["to_channel"])
        yield words(
            "finding.contradiction_one" if row["customers"] == 1 else "finding.contradiction",
            start=f"{start[0].upper()}{start[1:]}",
            end=end,
            answer=row["answer"] if words.language == "en" else words.name("field", row["answer"]),
            change=row["change"],
            customers=f"{row['customers']:,}",
        )


def _moved(one: Compared, words: ReportWords) -> str:
    if not one.change:
        return ""
    key = "finding.moved_by_chance" if one.may_be_chance else "finding.moved"
    return words(key, change=words.change(one.change))
