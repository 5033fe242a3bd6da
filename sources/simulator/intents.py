"""What customers want of the bank, how likely each channel does it, and what is told and asked on the way."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from sources.simulator.people import CHANNELS


class Intent(NamedTuple):
    """`done` is the chance that a visit achieves it, by channel in the order of `CHANNELS`."""

    name: str
    share: float
    done: tuple[float, ...]
    refers_to: tuple[str, ...]
    has_case: float
    asks: tuple[str, ...]
    tells: dict[str, tuple[str, ...]]


INTENTS = (
    Intent(
        "card_replacement",
        0.18,
        (0.45, 0.35, 0.25, 0.15, 0.35, 0.85),
        ("branch", "hotline", "mobile_app"),
        0.2,
        ("id_number", "address"),
        {"fee": ("10 CNY", "20 CNY", "free"), "days": ("3", "5", "7")},
    ),
    Intent(
        "loan_application",
        0.12,
        (0.25, 0.25, 0.10, 0.0, 0.05, 0.55),
        ("branch", "hotline", "online_banking"),
        0.9,
        ("id_number", "income", "employer"),
        {"documents": ("id, payslips", "id, payslips, tax"), "rate": ("3.1 %", "3.6 %", "4.2 %")},
    ),
    Intent(
        "transfer",
        0.36,
        (0.85, 0.85, 0.70, 0.70, 0.50, 0.90),
        ("mobile_app", "branch", "hotline"),
        0.0,
        ("payee_account",),
        {"fee": ("free", "2 CNY"), "arrival": ("today", "next day")},
    ),
    Intent(
        "complaint",
        0.10,
        (0.15, 0.15, 0.15, 0.0, 0.45, 0.55),
        ("hotline", "branch"),
        0.95,
        ("description", "phone_number"),
        {"answer_by": ("3 days", "7 days", "15 days")},
    ),
    Intent(
        "account_opening",
        0.10,
        (0.20, 0.20, 0.10, 0.0, 0.05, 0.85),
        ("branch", "mobile_app"),
        0.3,
        ("id_number", "address", "phone_number"),
        {"documents": ("id", "id, address proof"), "fee": ("free", "10 CNY")},
    ),
    Intent(
        "limit_change",
        0.14,
        (0.60, 0.55, 0.35, 0.20, 0.45, 0.90),
        ("branch", "mobile_app", "hotline"),
        0.1,
        ("id_number",),
        {"limit": ("5000", "20000", "50000")},
    ),
)

SHARES = tuple(accumulate(intent.share for intent in INTENTS))


def chance_of_success(intent: Intent, channel: str) -> float:
    """How likely the channel can do what the customer wants, 0 to 1."""
    return intent.done[CHANNELS.index(channel)]
