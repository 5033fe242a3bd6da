"""Which letters the options of the `dead` commands mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omnitrack.dead.desk import Desk
from omnitrack.settings import check_endpoints
from schemas.topics import Topics

NOBODY: Any = None
DESK = Desk(
    NOBODY, check_endpoints("127.0.0.1:1", "clickhouse://127.0.0.1:1/none", Path("nowhere"), "omnitrack."), Topics()
)


def test_a_reason_that_no_letter_can_have_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"--reason: no dead letter has jason: there are envelope, not_json, .*erased"):
        DESK.filter((), ["not_json", "jason"], None, None, None, with_handled=False)


def test_channels_are_topics_and_topics_of_channels_that_are_no_more_stay_as_they_are() -> None:
    chosen = DESK.filter((), ["schema"], ["atm", "omnitrack.touchpoints.fax"], None, None, with_handled=True)
    assert chosen.reasons == ["schema"]
    assert chosen.topics == ("omnitrack.touchpoints.atm", "omnitrack.touchpoints.fax")
