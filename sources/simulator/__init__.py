"""A bank that plays customers over its channels, and knows the truth of what it played.

`Simulation` yields deliveries in the order of their publishing; `tell` says which journeys, handoffs and
promises the specification makes of a played journey. Everything follows from `Plan`: the same plan, the same bytes.
"""

from sources.simulator.dirt import Delivery
from sources.simulator.play import JourneyPlay
from sources.simulator.simulation import Plan, Simulation
from sources.simulator.truth import Told, tell

__all__ = ["Delivery", "JourneyPlay", "Plan", "Simulation", "Told", "tell"]
