"""The `omnitrack` command. Each command lives in `omnitrack/commands/`."""

from __future__ import annotations

import typer

from omnitrack.commands.simulate import simulate

app = typer.Typer(
    name="omnitrack",
    help="Omnichannel experience tracker for banks.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

app.command("simulate")(simulate)


@app.callback()
def omnitrack() -> None:
    """Omnichannel experience tracker for banks."""


def main() -> None:
    app()


if __name__ == "__main__":
    main()
