"""What all figures have in common."""

from __future__ import annotations

from typing import Any

from explorer.palette import Palette

Figure = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif"


def figure(data: list[dict[str, Any]], palette: Palette, **layout: Any) -> Figure:
    """A figure of these traces on the page's own surface; what one zoomed into stays when it is drawn anew."""
    common = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": palette.ink},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "xaxis": axis(palette),
        "yaxis": axis(palette),
        "hoverlabel": {"bgcolor": palette.surface, "bordercolor": palette.muted, "font": {"color": palette.ink}},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "uirevision": "same",
        "separators": ".,",
    }
    return {"data": data, "layout": common | layout}


def axis(palette: Palette, **more: Any) -> dict[str, Any]:
    """An axis with quiet lines, whose labels always have room."""
    quiet = {"gridcolor": palette.faint, "linecolor": palette.faint, "zerolinecolor": palette.faint, "automargin": True}
    return quiet | {"tickfont": {"color": palette.muted}} | more


def fade(colour: str, share: float) -> str:
    """A hexadecimal colour, made transparent."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
