"""What the explorer's visitors may see."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["analyst", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)

# These show single customers, or what a channel sent: an analyst's numbers need neither.
OF_CUSTOMERS = frozenset(
    {
        "explorer_alerts",
        "explorer_contradictions",
        "explorer_dead_letters",
        "explorer_handoffs",
        "explorer_journey",
        "explorer_journey_handoffs",
        "explorer_journey_promises",
        "explorer_journeys",
        "explorer_promises",
        "explorer_touchpoints",
    }
)


def may_see(role: Role, view: str) -> bool:
    """Whether a visitor of `role` may have the rows of `view`."""
    return role == "operator" or view not in OF_CUSTOMERS
