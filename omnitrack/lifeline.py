"""Becomes another program that dies with the process that started it.

Run as a file: `python lifeline.py PARENT_PID COMMAND ARGUMENT...`. It imports nothing but the standard library, so it
costs some 20 ms. Where the kernel has no parent death signal (anything but Linux), the command just runs.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to the parent of the first argument, then become the command of the others."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        # SIGKILL, because a worker that drains in vain would outlive its supervisor; delivery survives it.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("the supervisor is gone")
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
