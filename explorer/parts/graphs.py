"""A figure on the page."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from explorer.parts.attributes import aria
from explorer.parts.live import GRAPH

CONFIG: Any = {"displayModeBar": False, "responsive": True, "displaylogo": False, "showTips": False}


def graph(figure: dict[str, Any], name: str, label: str, height: int = 260) -> html.Div:
    """A figure `height` pixels high; `label` says what it shows to who cannot see it."""
    plot = dcc.Graph(
        id={"type": GRAPH, "name": name},
        figure=figure,
        config=CONFIG,
        responsive=True,
        style={"height": f"{height}px"},
    )
    return html.Div(plot, className="graph", role="img", **aria(label=label))
