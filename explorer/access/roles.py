"""What the explorer's visitors may see."""

from __future__ import annotations

from typing import Literal, get_args

from sinks.clickhouse.roles import is_for_analysts

Role = Literal["analyst", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)


def may_see(role: Role, view: str) -> bool:
    """Whether a visitor of `role` may have the rows of `view`."""
    return role == "operator" or is_for_analysts(view)
