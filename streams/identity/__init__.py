"""Whose touchpoint it is. Pure: `resolve_all` decides on a whole set, `advance_identity` on one record after another.

Two kinds of things have a state, under keys of their own. An *identity* (`kind:value`) knows the customers that bore it
and the profiles that want to be told. A *profile* (the set of all identities of a touchpoint without a customer number)
holds such touchpoints, and is the only one that ever gives them to a customer or takes them from one.
"""

from streams.identity.advance import advance_identity
from streams.identity.resolve import MOST_CUSTOMERS, resolve, resolve_all
from streams.identity.state import IdentityChange, identity_due

__all__ = ["MOST_CUSTOMERS", "IdentityChange", "advance_identity", "identity_due", "resolve", "resolve_all"]
