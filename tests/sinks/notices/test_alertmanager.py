"""How an alert is put to Alertmanager."""

from __future__ import annotations

from sinks.alertmanager.receiver import post_of
from sinks.notices import notice_of
from tests.sinks.notices.alerts import NOON, alert

NOW = NOON / 1000 + 60


def test_what_fires_does_so_until_it_was_not_heard_of_for_a_while() -> None:
    post = post_of(notice_of(alert()), NOW, hold=240)
    assert post["startsAt"] == "2026-11-24T12:00:01.000Z"
    assert post["endsAt"] == "2026-11-24T12:05:00.000Z"
    assert "ended" not in post["annotations"]


def test_what_is_over_ended_when_that_was_said_and_never_before_it_began() -> None:
    assert (
        post_of(notice_of(alert(status="resolved", version=9)), NOW, hold=240)["endsAt"] == "2026-11-24T12:00:09.000Z"
    )
    early = post_of(notice_of(alert(status="resolved", updated_at=NOON)), NOW, hold=240)
    assert early["endsAt"] == early["startsAt"]


def test_an_end_says_how_it_came_about() -> None:
    ended = {status: post_of(notice_of(alert(status=status)), NOW, 240)["annotations"]["ended"] for status in ENDS}
    assert ended == ENDS


ENDS = {
    "resolved": "resolved",
    "retracted": "retracted: a correction showed that it never was right",
    "silenced": "silenced by maintenance:night",
}


def test_labels_route_and_stay_the_same_for_as_long_as_it_fires() -> None:
    labels = [post_of(notice_of(alert(version=version, value=version)), NOW, 240)["labels"] for version in (1, 2)]
    assert labels[0] == labels[1]
    assert labels[0] == {
        "alertname": "handoff_failed",
        "source": "omnitrack",
        "kind": "handoff",
        "severity": "critical",
        "fingerprint": alert().fingerprint,
        "intent": "card_replacement",
        "from_channel": "mobile_app",
    }


def test_a_label_that_alertmanager_would_refuse_gets_a_name_that_it_takes() -> None:
    labels = post_of(notice_of(alert(labels={"care group": "elderly", "1st": "x"})), NOW, 240)["labels"]
    assert (labels["care_group"], labels["_1st"]) == ("elderly", "x")
