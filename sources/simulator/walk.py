"""The script of a journey: a random walk over channels until the customer has what they want, or gives up."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import NamedTuple

from schemas.durations import HOUR, MINUTE
from schemas.rules import SCORES
from sources.simulator.channels import SCENES
from sources.simulator.intents import chance_of_success
from sources.simulator.people import CHANNELS
from sources.simulator.play import Promises, Refers
from sources.simulator.rhythm import is_busy, next_open
from sources.simulator.stage import Stage

MOST_CONTACTS = 8
_ENDINGS = ("refer", "wander", "again", "promise", "abandon", "cancel")
_ENDING_SHARES = tuple(accumulate((0.40, 0.20, 0.07, 0.13, 0.15, 0.05)))
_REFERRAL_FATES = ("met", "late", "misdirected", "lost")
_REFERRAL_SHARES = tuple(accumulate((0.66, 0.10, 0.11, 0.13)))
_PROMISE_FATES = ("kept", "late", "forgotten", "broken")
_PROMISE_SHARES = tuple(accumulate((0.62, 0.14, 0.12, 0.12)))
_DUE_IN = (4 * HOUR, 24 * HOUR, 48 * HOUR, 72 * HOUR)
_STATUSES = ("received", "in review", "waiting for documents")


class Next(NamedTuple):
    """The contact that comes next; `keeps` is the promise the bank keeps with it."""

    channel: str
    at: int
    keeps: str | None = None


def play_journey(stage: Stage, start: int) -> int:
    """Play a whole journey; the moment (ms) from which on another of this customer and intent stays apart from it."""
    channel = stage.rng.choices(CHANNELS, stage.who.likes)[0]
    coming: Next | None = Next(channel, _when_open(stage, channel, start))
    contacts = 0
    while coming is not None:
        _play_contact(stage, coming)
        contacts += 1
        coming = _end_contact(stage, must_end=contacts == MOST_CONTACTS)
    failed = any(played.shows for played in stage.played)
    if stage.rng.random() < (0.3 if stage.finished else 0.04):
        _answer_survey(stage, failed)
    return max(stage.now, stage.played[-1].at, 0 if stage.finished else stage.reach) + stage.tempo.squeeze(MINUTE)


def _play_contact(stage: Stage, coming: Next) -> None:
    rng = stage.rng
    begins_visit = stage.arrive(coming.channel, coming.at)
    scene = SCENES[coming.channel]
    if scene.arrive is not None and rng.random() < 0.7:
        if len(stage.visits) == 1 and coming.channel == "mobile_app" and rng.random() < 0.2:
            stage.ambient(("page.view", "inquire"), "arrive", anonymous=True)
        stage.ambient(scene.arrive, "arrive")
    if scene.queue is not None and coming.keeps is None:
        wait = _draw_wait(stage)
        stage.step(scene.queue, shows=("stalled",) if wait > stage.wait_standard() else (), wait_seconds=wait)
    _talk(stage, begins_visit, scene.steps[0], coming.keeps)
    if stage.case_id is None and rng.random() < stage.intent.has_case:
        stage.case_id = stage.serials.name("case")
    for name in scene.steps[1 : rng.randint(1, len(scene.steps))]:
        stage.step(name)


def _talk(stage: Stage, begins_visit: bool, name: tuple[str, str], keeps: str | None) -> None:
    """The step in which information is asked for and given."""
    rng = stage.rng
    answers, contradicts = _draw_answers(stage, begins_visit)
    asks_again = len(stage.visits) > 1 and rng.random() < (0.18 if stage.channel in ("hotline", "branch") else 0.1)
    reasked = tuple(sorted(rng.sample(stage.intent.asks, rng.randint(1, len(stage.intent.asks))))) if asks_again else ()
    if keeps is not None:
        stage.open_promises.pop(keeps)
    stage.step(
        name,
        shows=(("repeated",) if reasked else ()) + (("contradicted",) if contradicts else ()),
        contradicts=contradicts,
        reasked=reasked,
        answers=answers,
        keeps=keeps,
        handle_seconds=float(rng.randrange(40, 900)) if stage.channel in ("hotline", "branch") else None,
    )


def _draw_answers(stage: Stage, begins_visit: bool) -> tuple[dict[str, str], dict[str, str]]:
    """What the channel tells the customer, and which of it contradicts what they were told before."""
    rng = stage.rng
    answers: dict[str, str] = {}
    contradicts: dict[str, str] = {}
    for key, values in stage.intent.tells.items():
        if rng.random() < 0.5:
            continue
        known = stage.told.get(key)
        value = known or rng.choice(values)
        if known is not None and begins_visit and rng.random() < 0.12:
            value = rng.choice([other for other in values if other != known])
            contradicts[key] = f"{known} → {value}"
        answers[key] = stage.told[key] = value
    if stage.case_id is not None:
        answers["status"] = rng.choice(_STATUSES)
    return answers, contradicts


def _end_contact(stage: Stage, must_end: bool) -> Next | None:
    """Play the contact's end; the contact that follows, if one does."""
    coming = _achieve(stage) if _is_achieved(stage) else _leave_unachieved(stage, must_end)
    leave = SCENES[stage.channel].leave
    if leave is not None and stage.rng.random() < 0.3:
        stage.ambient(leave, "leave")
    if coming is None or must_end:
        return None
    at = _when_open(stage, coming.channel, max(coming.at, stage.now + stage.tempo.squeeze(MINUTE)))
    joins = stage.finished or at + stage.tempo.squeeze(15 * MINUTE) < stage.reach
    return coming._replace(at=at) if joins else None


def _is_achieved(stage: Stage) -> bool:
    chance = chance_of_success(stage.intent, stage.channel) * (0.25 if stage.in_outage else 1.0)
    return stage.rng.random() < min(0.95, chance + 0.08 * (len(stage.visits) - 1))


def _achieve(stage: Stage) -> Next | None:
    stage.step(SCENES[stage.channel].close, "succeeded")
    if stage.case_id is not None and stage.rng.random() < 0.06:
        return Next(_other_channel(stage), stage.now + stage.tempo.squeeze(_hours(stage.rng, 6, 60)))
    return None


def _leave_unachieved(stage: Stage, must_end: bool) -> Next | None:
    ending = "abandon" if must_end else stage.rng.choices(_ENDINGS, cum_weights=_ENDING_SHARES)[0]
    close = SCENES[stage.channel].close
    if ending == "refer":
        return _refer(stage)
    if ending == "promise":
        return _promise(stage)
    if ending in ("wander", "again"):
        if stage.in_outage or stage.rng.random() < 0.4:
            stage.step(close, "failed")
        channel = stage.channel if ending == "again" else _other_channel(stage)
        return Next(channel, stage.now + stage.tempo.squeeze(_hours(stage.rng, 0.2, 30)))
    if ending == "cancel" or stage.rng.random() < 0.6:
        stage.step(close, "cancelled" if ending == "cancel" else "abandoned")
    return None


def _refer(stage: Stage) -> Next | None:
    rng = stage.rng
    channel = rng.choice([target for target in stage.intent.refers_to if target != stage.channel])
    fate = rng.choices(_REFERRAL_FATES, cum_weights=_REFERRAL_SHARES)[0]
    due_in: int | None = stage.tempo.squeeze(rng.choice(_DUE_IN))
    if fate == "late":
        due_in = min(due_in or 0, stage.inactivity // 2)
    elif stage.tempo.natural and rng.random() < 0.2:
        due_in = None
    stage.step(SCENES[stage.channel].close, "referred", refers=Refers(channel, due_in))
    if fate == "lost" or stage.owing is None:
        return None
    window = stage.owing.due_at - stage.now
    if fate == "met":
        return Next(channel, stage.now + int(window * rng.uniform(0.03, 0.7)))
    if fate == "late":
        return Next(channel, stage.owing.due_at + int(window * rng.uniform(0.02, 0.7)))
    return Next(_other_channel(stage, channel), stage.now + int(window * rng.uniform(0.02, 0.5)))


def _promise(stage: Stage) -> Next | None:
    rng = stage.rng
    promise_id = stage.serials.name("p")
    due_in = stage.tempo.squeeze(_hours(rng, 12, 72))
    fate = rng.choices(_PROMISE_FATES, cum_weights=_PROMISE_SHARES)[0]
    if fate == "late":
        due_in = min(due_in, stage.inactivity // 2)
    stage.step(SCENES[stage.channel].close, promises=Promises(promise_id, due_in))
    if fate == "broken":
        return None
    if fate == "forgotten":
        return Next(_other_channel(stage), stage.now + int(due_in * rng.uniform(0.3, 0.9)))
    channel = "hotline" if rng.random() < 0.7 else stage.channel
    reach = rng.uniform(1.02, 1.6) if fate == "late" else rng.uniform(0.2, 0.9)
    return Next(channel, stage.now + int(due_in * reach), promise_id)


def _answer_survey(stage: Stage, failed: bool) -> None:
    rng = stage.rng
    scale = rng.choice(tuple(SCORES))
    least, most = SCORES[scale][0], SCORES[scale][-1]
    middle = (least + most + 1) // 2
    score = rng.randint(least, middle) if failed and rng.random() < 0.6 else rng.randint(middle, most)
    channel = rng.choices(CHANNELS, stage.who.likes)[0]
    if channel in ("atm", "branch"):
        channel = "wechat"
    stage.feedback(channel, stage.now + stage.tempo.squeeze(_hours(rng, 0.1, 24)), scale, score)


def _draw_wait(stage: Stage) -> float:
    standard = stage.wait_standard()
    chance = 0.24 if is_busy(stage.now) else 0.1
    share = stage.rng.uniform(1.05, 3.0) if stage.rng.random() < chance else stage.rng.uniform(0.0, 0.95)
    return round(standard * share, 1)


def _other_channel(stage: Stage, besides: str = "") -> str:
    """A channel the customer likes, neither the one they are on nor `besides`."""
    weights = [
        0.0 if channel in (stage.channel, besides) else like + 0.02
        for channel, like in zip(CHANNELS, stage.who.likes, strict=True)
    ]
    return stage.rng.choices(CHANNELS, weights)[0]


def _when_open(stage: Stage, channel: str, at: int) -> int:
    """The first moment from `at` on at which the channel serves; sped-up play knows no closing time."""
    if not stage.tempo.natural:
        return at
    opens = next_open(channel, at)
    return at if opens == at else opens + stage.rng.randrange(2 * HOUR)


def _hours(rng: Random, least: float, most: float) -> float:
    """A duration in ms between so many hours, short ones being likelier."""
    return HOUR * (least + (most - least) * rng.random() ** 2)
