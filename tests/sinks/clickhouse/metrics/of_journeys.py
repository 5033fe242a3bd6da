"""Metrics of journeys."""

from __future__ import annotations

from statistics import mean

from schemas.rows import JourneyRow
from tests.sinks.clickhouse.metrics.arithmetic import (
    Row,
    count,
    end_of,
    grouped,
    is_over,
    parity,
    quantile,
    rate,
    share,
    share_of_over,
    standardised,
    wilson,
)
from tests.sinks.clickhouse.metrics.selection import Selection

SELF_SERVICE = {"mobile_app", "online_banking", "wechat", "atm"}


class OfJourneys(Selection):
    """Methods are named as the metrics are."""

    def journeys(self) -> list[Row]:
        def told(rows: list[JourneyRow]) -> Row:
            counts = {
                status: count(it.status == status for it in rows) for status in ("completed", "cancelled", "abandoned")
            }
            n = sum(counts.values())
            return {"journeys": len(rows), "open": len(rows) - n, **counts, "n": n, **rate(counts["completed"], n)}

        return self._per_journey_group(self._journeys(), told)

    def ping_pong(self) -> list[Row]:
        rows = [it for it in self._journeys() if it.handoffs > 0]
        return self._per_journey_group(rows, share_of_over("bounced", lambda it: "bounced" in it.failures))

    def first_contact_resolution(self) -> list[Row]:
        def is_decided(it: JourneyRow) -> bool:
            return it.status != "open" and end_of(it) + self._window <= self._as_of

        def is_followed(it: JourneyRow) -> bool:
            return any(
                other.customer_id == it.customer_id
                and other.intent == it.intent
                and it.started_at < other.started_at <= end_of(it) + self._window
                for other in self._tables.journeys
            )

        def is_resolved(it: JourneyRow) -> bool:
            return it.status == "completed" and it.contacts == 1 and not is_followed(it)

        return self._per_journey_group(self._journeys(), share("resolved", is_resolved, is_decided))

    def repeat_contact(self) -> list[Row]:
        question = self._question
        starts = [(it.customer_id, it.intent, at) for it in self._tables.journeys for at in it.contact_starts]
        contacts = [
            (it, channel, at)
            for it in self._tables.journeys
            for channel, at in zip(it.contact_channels, it.contact_starts, strict=True)
            if self._passes(it.customer_id, it.intent)
            and self._since <= at < self._until
            and (not question.channels or channel in question.channels)
        ]

        def is_repeated(contact: tuple[JourneyRow, str, int]) -> bool:
            it, _, at = contact
            return any(
                (customer, intent) == (it.customer_id, it.intent) and at - self._window <= other < at
                for customer, intent, other in starts
            )

        def group(contact: tuple[JourneyRow, str, int]) -> Row:
            return self._group(contact[2], contact[0].intent, contact[1])

        return grouped(contacts, group, share("repeated", is_repeated))

    def one_visit(self) -> list[Row]:
        rows = [
            it
            for it in self._journeys()
            if it.status in ("completed", "open") and self._catalogue.requires_branch(it.intent)
        ]
        return self._per_journey_group(rows, share_of_over("one_visit", lambda it: it.channels.count("branch") <= 1))

    def completion_parity(self) -> list[Row]:
        journeys = self._over()
        shares = {}
        for channel in {it.channels[0] for it in journeys}:
            here = [it for it in journeys if it.channels[0] == channel]
            if len(here) >= self._question.minimum:
                shares[channel] = (len(here), standardised(here, journeys))
        return [{**parity(shares), "undecided": len(self._journeys()) - len(journeys)}]

    def containment(self) -> list[Row]:
        rows = [it for it in self._journeys() if it.channels[0] in SELF_SERVICE]

        def is_contained(it: JourneyRow) -> bool:
            return it.status == "completed" and not {"hotline", "branch"} & set(it.channels)

        return self._per_journey_group(rows, share_of_over("contained", is_contained))

    def journey_effort(self) -> list[Row]:
        def effort(it: JourneyRow) -> float:
            standards = {channel: self._catalogue.wait_standard(it.intent, channel) for channel in it.waits}
            waiting = sum(seconds / max(standards[channel], 1.0) for channel, seconds in it.waits.items())
            return it.contacts + it.handoffs + it.reasks + waiting

        def told(rows: list[JourneyRow]) -> Row:
            efforts = [effort(it) for it in rows if is_over(it)]
            told = {"n": len(efforts), "median": quantile(efforts, 0.5), "p90": quantile(efforts, 0.9)}
            return {**told, "undecided": len(rows) - len(efforts)}

        return self._per_journey_group(self._journeys(), told)

    def satisfaction(self) -> list[Row]:
        rows = [it for it in self._journeys() if (it.csat, it.nps, it.ces) != (None, None, None)]

        def told(rows: list[JourneyRow]) -> Row:
            csat = [it.csat for it in rows if it.csat is not None]
            nps = [it.nps for it in rows if it.nps is not None]
            ces = [it.ces for it in rows if it.ces is not None]
            satisfied = count(score >= 4 for score in csat)
            promoters, detractors = count(score >= 9 for score in nps), count(score <= 6 for score in nps)
            return {
                "csat_n": len(csat),
                "csat_mean": mean(csat) if csat else None,
                "csat_satisfied": satisfied,
                **rate(satisfied, len(csat), "csat_"),
                "nps_n": len(nps),
                "promoters": promoters,
                "detractors": detractors,
                "nps_score": 100 * (promoters - detractors) / len(nps) if nps else None,
                "ces_n": len(ces),
                "ces_mean": mean(ces) if ces else None,
                "n": len(rows),
            }

        def group(it: JourneyRow) -> Row:
            failed = int(it.failed_handoffs > 0) if "handoff" in self._by else None
            return {**self._group(it.started_at, it.intent, it.channels[0]), "failed_handoff": failed}

        return grouped(rows, group, told)

    def journey_paths(self) -> list[Row]:
        everything = self._journeys()

        def told(rows: list[JourneyRow]) -> Row:
            completed = [it for it in rows if it.status == "completed"]
            closed = count(it.status != "open" for it in rows)
            durations = [(it.ended_at - it.started_at) / 1000 for it in completed if it.ended_at is not None]
            share, low, high = wilson(len(rows), len(everything))
            return {
                "n": len(rows),
                "completed": len(completed),
                "closed": closed,
                **rate(len(completed), closed),
                "journeys": len(everything),
                "share": share,
                "share_low": low,
                "share_high": high,
                "median_seconds": quantile(durations, 0.5),
            }

        return grouped(everything, lambda it: {"path": " → ".join(it.channels)}, told)
