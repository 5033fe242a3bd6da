"""Why a process must end although nothing that it could retry has failed."""

from __future__ import annotations


class Ending(RuntimeError):
    """The process shall exit at once, and a supervisor start it anew; the message is one line for the operator."""
