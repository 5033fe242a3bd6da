"""The pure core: touchpoints to journeys, handoffs and promises. No I/O, no clock, no Faust.

`stitch` is the specification's pure function on a whole set; `advance` computes the same, batch by batch, over a
customer's encoded state; `advance_through` also takes in what is stored of it in ClickHouse.
"""

from streams.journey.advance import advance
from streams.journey.emit import Change
from streams.journey.history import CustomerItem, advance_through, judge_letters
from streams.journey.log import LogDamaged
from streams.journey.state import head_key, next_due
from streams.journey.stitch import Assignment, Stitched, stitch

__all__ = [
    "Assignment",
    "Change",
    "CustomerItem",
    "LogDamaged",
    "Stitched",
    "advance",
    "advance_through",
    "head_key",
    "judge_letters",
    "next_due",
    "stitch",
]
