"""What a dashboard of Grafana is made of, and how Grafana reads it.

The panels are few and all alike, so plain dictionaries say them in less than a library for dashboards would, and
nothing has to be kept in step with Grafana's releases but the number of its format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SOURCE = {"type": "prometheus", "uid": "prometheus"}
SCHEMA_VERSION = 41
COLUMNS = 24
HEIGHTS = {"stat": 4, "timeseries": 8, "bargauge": 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question with the queries that answer it, by how their lines are called; width in 24 columns.

    about says what to make of it; red is the value from which a single figure is one to worry about.
    """

    title: str
    queries: Mapping[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 12
    about: str = ""
    red: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """What is looked at together; name is that of its file and its address."""

    name: str
    title: str
    panels: Sequence[Panel]


def single(title: str, query: str, unit: str = "short", *, red: float | None = None, about: str = "") -> Panel:
    """One figure in large print."""
    return Panel(title=title, queries={"": query}, unit=unit, kind="stat", width=4, about=about, red=red)


def bars(title: str, label: str, query: str, unit: str = "short", about: str = "") -> Panel:
    """One bar for each value of a label, as it stands now."""
    return Panel(title=title, queries={f"{{{{{label}}}}}": query}, unit=unit, kind="bargauge", about=about)


def text_of(dashboard: Dashboard) -> str:
    """The file of a dashboard."""
    return json.dumps(document(dashboard), ensure_ascii=False, indent=1) + "\n"


def document(dashboard: Dashboard) -> dict[str, Any]:
    """The dashboard as Grafana reads it."""
    return {
        "uid": f"bangkom-{dashboard.name}",
        "title": dashboard.title,
        "tags": ["bangkom"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [{"type": "dashboards", "title": "Bangkom", "tags": ["bangkom"], "asDropdown": False}],
        "panels": list(_placed(dashboard.panels)),
    }


def _placed(panels: Sequence[Panel]) -> Iterator[dict[str, Any]]:
    """The panels from left to right, a new row where one does not fit."""
    column, top, height = 0, 0, 0
    for number, panel in enumerate(panels, start=1):
        if column + panel.width > COLUMNS:
            column, top, height = 0, top + height, 0
        place = {"x": column, "y": top, "w": panel.width, "h": HEIGHTS[panel.kind]}
        column, height = column + panel.width, max(height, place["h"])
        yield {"id": number, "gridPos": place, **_panel(panel)}


def _panel(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.red is not None:
        steps = [{"color": "green", "value": None}, {"color": "red", "value": panel.red}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    options: dict[str, Any] = {}
    if panel.kind != "timeseries":
        options["reduceOptions"] = {"calcs": ["lastNotNull"], "values": False}
    if panel.kind == "bargauge":
        options |= {"orientation": "horizontal", "displayMode": "basic"}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": legend,
                "instant": panel.kind != "timeseries",
                "range": panel.kind == "timeseries",
            }
            for number, (legend, query) in enumerate(panel.queries.items())
        ],
    }
