"""What happens on each channel: its touchpoints by name, and its details."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from sources.simulator.people import Customer


class Scene(NamedTuple):
    """A visit to a channel, each touchpoint as (name, stage); `arrive` and `leave` are ambient, the others steps."""

    arrive: tuple[str, str] | None
    queue: tuple[str, str] | None
    steps: tuple[tuple[str, str], ...]
    close: tuple[str, str]
    leave: tuple[str, str] | None


SCENES = {
    "mobile_app": Scene(
        ("auth.login", "identify"),
        None,
        (("service.open", "inquire"), ("form.fill", "apply"), ("form.review", "apply")),
        ("form.submit", "apply"),
        ("auth.logout", "leave"),
    ),
    "online_banking": Scene(
        ("auth.login", "identify"),
        None,
        (("page.service", "inquire"), ("form.fill", "apply")),
        ("form.submit", "apply"),
        ("auth.logout", "leave"),
    ),
    "wechat": Scene(
        ("menu.open", "enter"),
        None,
        (("chat.question", "inquire"), ("form.fill", "apply")),
        ("chat.answer", "serve"),
        None,
    ),
    "atm": Scene(("card.insert", "identify"), None, (("menu.choose", "inquire"),), ("service.run", "serve"), None),
    "hotline": Scene(
        None,
        ("call.queue", "wait"),
        (("agent.identify", "identify"), ("agent.talk", "serve")),
        ("agent.close", "decide"),
        None,
    ),
    "branch": Scene(
        ("ticket.take", "enter"),
        ("ticket.called", "wait"),
        (("counter.identify", "identify"), ("counter.form", "apply")),
        ("counter.decide", "decide"),
        None,
    ),
}

_IVR = {
    "card_replacement": ["1", "3"],
    "loan_application": ["2", "1"],
    "transfer": ["1", "2"],
    "complaint": ["9"],
    "account_opening": ["3", "1"],
    "limit_change": ["1", "4"],
}
_BROWSERS = ("Chrome 142", "Edge 142", "Firefox 145", "360 16")


def draw_details(rng: Random, who: Customer, channel: str, intent: str, serial: int) -> dict[str, Any]:
    """Details of one visit to a channel, shared by its touchpoints; `serial` numbers the visit."""
    if channel == "mobile_app":
        return {"app_version": "8.2.1", "os": who.system, "screen": intent, "device_model": who.model}
    if channel == "online_banking":
        return {"path": f"/service/{intent}", "browser": _BROWSERS[serial % 4], "region": "CN-SH"}
    if channel == "wechat":
        return {"surface": "mini_program" if serial % 3 else "official_account", "menu": intent}
    if channel == "atm":
        service = "transfer" if intent == "transfer" else "other"
        return {"terminal_id": f"T-{serial % 97:03d}", "service": service, "response_code": "00"}
    if channel == "hotline":
        return {"call_id": f"K{serial}", "ivr_path": _IVR[intent], "agent_id": f"A-{rng.randrange(120):03d}"}
    return {
        "branch_id": who.branch_id,
        "ticket_no": f"Q{serial % 1000:03d}",
        "desk": "vip" if rng.random() < 0.1 else "counter",
        "queue_length": rng.randrange(14),
    }
