"""The program `omnitrack`: its command line, imported so that Ctrl-C meanwhile is no accident."""

from __future__ import annotations

from omnitrack.starting import ends_quietly


def main() -> None:
    """Run the command line."""
    with ends_quietly():
        from omnitrack.cli import main as run  # noqa: PLC0415 -- what takes its time
    run()


if __name__ == "__main__":
    main()
