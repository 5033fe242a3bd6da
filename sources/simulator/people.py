"""The bank's customers: who they are, how they are known, which channels they like."""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import Literal

import msgspec

Persona = Literal["native", "everyday", "elderly", "disabled"]

CHANNELS = ("mobile_app", "online_banking", "wechat", "atm", "hotline", "branch")
_PERSONAS: tuple[Persona, ...] = ("native", "everyday", "elderly", "disabled")
_SHARES = (0.36, 0.44, 0.16, 0.04)
_LIKES: dict[Persona, tuple[float, ...]] = {
    "native": (0.50, 0.12, 0.22, 0.04, 0.08, 0.04),
    "everyday": (0.34, 0.18, 0.14, 0.08, 0.14, 0.12),
    "elderly": (0.10, 0.05, 0.05, 0.12, 0.28, 0.40),
    "disabled": (0.30, 0.18, 0.12, 0.02, 0.32, 0.06),
}
_CARE: dict[Persona, tuple[str, ...]] = {
    "native": (),
    "everyday": (),
    "elderly": ("elderly",),
    "disabled": ("disabled",),
}
_SYSTEMS = ("android", "harmonyos", "ios")
_MODELS = {"android": "Mi 15", "harmonyos": "Mate 70", "ios": "iPhone 17"}


class Customer(msgspec.Struct, frozen=True):
    """`identities` are what each channel learns of the customer; `likes` weighs `CHANNELS`."""

    customer_no: str
    persona: Persona
    care: tuple[str, ...]
    likes: tuple[float, ...]
    identities: dict[str, dict[str, str]]
    device: str
    system: str
    model: str
    branch_id: str


@lru_cache(maxsize=65_536)
def customer(seed: int, number: int) -> Customer:
    """The bank's customer of that number; nobody else has their card, phone, device or account with WeChat."""
    rng = Random(f"customer {seed} {number}")
    persona = rng.choices(_PERSONAS, _SHARES)[0]
    customer_no = f"C-{1000 + number}"
    system = rng.choice(_SYSTEMS)
    device = f"d{number:07d}-{system}"
    return Customer(
        customer_no=customer_no,
        persona=persona,
        care=_CARE[persona],
        likes=_LIKES[persona],
        identities={
            "mobile_app": {"customer_no": customer_no, "device": device},
            "online_banking": {"customer_no": customer_no},
            "wechat": {"customer_no": customer_no, "wechat_openid": f"o{number:012d}"},
            "atm": {"customer_no": customer_no, "card": f"6200{number:012d}"},
            "hotline": {"customer_no": customer_no, "phone": f"139{number:08d}"},
            "branch": {"customer_no": customer_no, "card": f"6200{number:012d}"},
        },
        device=device,
        system=system,
        model=_MODELS[system],
        branch_id=f"B-{rng.randrange(1, 41):02d}",
    )
