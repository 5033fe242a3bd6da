"""The stage on which one journey is played, touchpoint by touchpoint."""

from __future__ import annotations

from random import Random
from typing import Any

from schemas.catalogue import Catalogue
from schemas.durations import SECOND
from sources.simulator.channels import draw_details
from sources.simulator.intents import Intent
from sources.simulator.people import Customer
from sources.simulator.play import Place, Played, Promises, Referral, Refers
from sources.simulator.rhythm import Tempo, incident_at
from sources.simulator.wire import Wire, bank_time


class Serials:
    """Numbers that never repeat within one simulation; `run` tells its identifiers from another run's."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._last = 0

    def next(self) -> int:
        """The next number, from 1 on."""
        self._last += 1
        return self._last

    def name(self, kind: str) -> str:
        """An identifier that no other has: kind, run, number in hexadecimal digits."""
        return f"{kind}{self.run}-{self.next():x}"


class Stage:
    """Where one journey is played. It keeps what the script must know to say what each touchpoint means."""

    def __init__(
        self,
        rng: Random,
        seed: int,
        serials: Serials,
        who: Customer,
        intent: Intent,
        catalogue: Catalogue,
        tempo: Tempo,
    ) -> None:
        self.rng = rng
        self.who = who
        self.intent = intent
        self.tempo = tempo
        self.serials = serials
        self.played: list[Played] = []
        self.now = 0
        self.visits: list[str] = []
        self.case_id: str | None = None
        self.told: dict[str, str] = {}
        self.owing: Referral | None = None
        self.open_promises: dict[str, int] = {}
        self.finished = False
        self.succeeded = False
        self.last_step = 0
        self._seed = seed
        self.inactivity = catalogue.inactivity(intent.name)
        self._handoff_window = catalogue.handoff_window(intent.name)
        self._wait_standard = catalogue.wait_standard
        self._contact = -1
        self._session = ""
        self._details: dict[str, Any] = {}
        self._incident: str | None = None
        self._pending: tuple[str, ...] = ()
        self._fresh = False
        self._case_has_intent = False

    @property
    def channel(self) -> str:
        """Where the customer is now."""
        return self.visits[-1]

    @property
    def in_outage(self) -> bool:
        """Whether the visit met a channel that is out of order."""
        return self._incident is not None

    @property
    def reach(self) -> int:
        """Until when a step still joins this journey, cases aside (ms)."""
        referred = self.owing.due_at if self.owing else 0
        return max([self.last_step + self.inactivity, referred, *self.open_promises.values()])

    def wait_standard(self) -> float:
        """What a wait on this channel may take for this intent, in seconds."""
        return self._wait_standard(self.intent.name, self.channel)

    def arrive(self, channel: str, at: int) -> bool:
        """Begin a contact on `channel`; whether it also begins a visit, that is, a handoff."""
        begins = not self.visits or channel != self.channel
        if begins:
            self._pending = self._failures_of_arriving(channel, at)
            if self.owing is not None and self.owing.to_channel == channel:
                self.owing = None
            self.visits.append(channel)
            self.succeeded = False
        self._contact += 1
        self.now = at
        self._fresh = True
        serial = self.serials.next()
        self._session = f"S{self.serials.run}-{serial:x}"
        self._details = draw_details(self.rng, self.who, channel, self.intent.name, serial)
        self._incident = incident_at(self._seed, channel, at)
        return begins

    def step(
        self,
        name: tuple[str, str],
        outcome: str = "progressed",
        refers: Refers | None = None,
        promises: Promises | None = None,
        shows: tuple[str, ...] = (),
        contradicts: dict[str, str] | None = None,
        **fields: Any,
    ) -> None:
        """Play a step. `shows`: failures that it adds to the handoff to its visit; `fields`: more of the touchpoint."""
        self._pass_time(3, 75)
        event_id = self.serials.name("e")
        if self.case_id is not None:
            fields["case_id"] = self.case_id
        if refers is not None:
            fields["referral"] = self._refer(refers, event_id)
        due_at = 0
        if promises is not None:
            due_at = self.open_promises[promises.promise_id] = self.now + promises.due_in
            fields["promise"] = {"promise_id": promises.promise_id, "due_at": bank_time(due_at)}
        self.last_step = self.now
        self.finished = outcome in ("succeeded", "cancelled")
        if self.finished:
            self.owing = None
            self.succeeded = self.succeeded or outcome == "succeeded"
        wire = self._wire(
            name,
            event_id,
            self.who.identities[self.channel],
            intent=self._intent_named(),
            outcome=outcome,
            care=self.who.care,
            incident_id=self._incident,
            **fields,
        )
        self._record(wire, "step", self._pending + shows, contradicts or {}, due_at)
        self._pending = ()

    def ambient(self, name: tuple[str, str], place: Place, anonymous: bool = False) -> None:
        """Play a touchpoint of the contact's session that is no step; `anonymous`: before the customer logs in."""
        self._pass_time(5, 40)
        identities = {"device": self.who.device} if anonymous else self.who.identities[self.channel]
        self._record(self._wire(name, self.serials.name("e"), identities), place)

    def feedback(self, channel: str, at: int, scale: str, score: int) -> None:
        """Play a survey's answer, which belongs to the journey but to no visit."""
        wire = Wire(
            schema_version=1,
            event_id=self.serials.name("e"),
            channel=channel,
            occurred_at=bank_time(at),
            identities=self.who.identities[channel],
            touchpoint="survey.answer",
            stage="feedback",
            details=draw_details(self.rng, self.who, channel, self.intent.name, self.serials.next()),
            intent=self.intent.name,
            case_id=self.case_id,
            satisfaction={"scale": scale, "score": score},
        )
        self.played.append(Played(at, wire, -1, -1, "feedback"))

    def _refer(self, refers: Refers, event_id: str) -> dict[str, Any]:
        due_at = self.now + (self._handoff_window if refers.due_in is None else refers.due_in)
        self.owing = Referral(refers.to_channel, due_at, len(self.visits) - 1, self.channel, event_id, self.now)
        referral: dict[str, Any] = {"to_channel": refers.to_channel, "reason": f"{self.intent.name} is finished there"}
        if refers.due_in is not None:
            referral["due_at"] = bank_time(due_at)
        return referral

    def _intent_named(self) -> str | None:
        """The step's intent; now and then a step with a case leaves it out, once the case has told it."""
        if self.case_id is None:
            return self.intent.name
        if self._case_has_intent and self.rng.random() < 0.1:
            return None
        self._case_has_intent = True
        return self.intent.name

    def _failures_of_arriving(self, channel: str, at: int) -> tuple[str, ...]:
        failures = []
        owing = self.owing
        meets = owing is not None and owing.to_channel == channel
        if owing is not None and not meets and owing.visit == len(self.visits) - 1:
            failures.append("misdirected")
        if owing is not None and meets and at > owing.due_at:
            failures.append("overdue")
        if len(self.visits) > 1 and self.visits[-2] == channel and not self.succeeded and not meets:
            failures.append("bounced")
        return tuple(failures)

    def _pass_time(self, least: int, most: int) -> None:
        if self._fresh:
            self._fresh = False  # the contact's first touchpoint is its arrival
            return
        self.now += self.tempo.squeeze(self.rng.randrange(least * SECOND, most * SECOND))

    def _wire(self, name: tuple[str, str], event_id: str, identities: dict[str, str], **fields: Any) -> Wire:
        return Wire(
            schema_version=1,
            event_id=event_id,
            channel=self.channel,
            occurred_at=bank_time(self.now),
            identities=identities,
            touchpoint=name[0],
            stage=name[1],
            details=self._details,
            session_id=self._session,
            **fields,
        )

    def _record(
        self,
        wire: Wire,
        place: Place,
        shows: tuple[str, ...] = (),
        contradicts: dict[str, str] | None = None,
        promise_due_at: int = 0,
    ) -> None:
        visit = len(self.visits) - 1
        played = Played(
            self.now, wire, visit, self._contact, place, shows, contradicts or {}, self.owing, promise_due_at
        )
        self.played.append(played)
