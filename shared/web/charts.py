"""Charts as figures on a grid: computed here, drawn as SVG by the macros of charts.html, each with its table.

Lengths are in the units of the picture's own grid, which is WIDTH wide; the browser fits it to the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 400
VALUES = 60
"""What the right keeps for figures beside bars."""
ROW = 46
"""Words above, a bar or cells below: so a row can be read on a phone."""
HEADS = 124
"""What the top of a heat map keeps for the titles of its columns, which stand aslant."""
SLANT = 50
"""How far the last of those titles reaches beyond its column."""
HEAT_STEPS = 5
RADIUS = 52
TREND_HEIGHT = 180
MARGIN = 28
HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Value:
    """One figure with its words; standard is what it should at least be."""

    label: str
    value: float
    standard: float | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart: where it stands, how long it is, where its standard is."""

    told: Value
    y: float
    length: float
    standard: float | None

    @property
    def lacks(self) -> bool:
        """Whether the figure is below its standard."""
        return self.told.standard is not None and self.told.value < self.told.standard


@dataclass(frozen=True, slots=True)
class Bars:
    """Figures as horizontal bars against their standards, from nothing to the highest."""

    rows: Sequence[Bar]
    height: float
    highest: float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel: its share of the first, and where it is drawn."""

    told: Value
    percent: int
    x: float
    y: float
    length: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """Figures that become fewer from step to step, each centred below the one before."""

    rows: Sequence[Step]
    height: float


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a trend and where it is drawn."""

    told: Value
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Figures over time as a line; standard is the height of a line that should be reached."""

    points: Sequence[Point]
    line: str
    standard: float | None
    lowest: float
    highest: float
    height: float


@dataclass(frozen=True, slots=True)
class Heat:
    """One cell of a heat map; step 0 is the palest, none where there is no figure."""

    value: float | None
    step: int | None
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A row for each subject, a column for each aspect, the cell the darker the higher its figure."""

    columns: Sequence[tuple[str, float]]
    rows: Sequence[tuple[str, float, Sequence[Heat]]]
    cell: float
    height: float


@dataclass(frozen=True, slots=True)
class Ring:
    """How much of a target is reached, as a part of a circle; more than all of it fills the circle."""

    value: float
    target: float
    around: float
    filled: float

    @property
    def percent(self) -> int:
        """How much is reached, never rounded up to all of it."""
        return math.floor(HUNDRED * self.value / self.target) if self.target else HUNDRED


def bars(told: Sequence[Value], highest: float | None = None) -> Bars:
    """A bar for each; highest is what fills the width, by default the largest figure or standard."""
    top = highest or max((max(each.value, each.standard or 0) for each in told), default=0) or 1
    scale = (WIDTH - VALUES) / top
    rows = [
        Bar(
            told=each,
            y=number * ROW,
            length=_round(min(max(each.value, 0), top) * scale),
            standard=None if each.standard is None else _round(min(each.standard, top) * scale),
        )
        for number, each in enumerate(told)
    ]
    return Bars(rows=rows, height=max(1, len(rows)) * ROW, highest=top)


def funnel(told: Sequence[Value]) -> Funnel:
    """A step for each, in their order; shares are of the first."""
    first = told[0].value if told else 0
    top = max((each.value for each in told), default=0) or 1
    room = WIDTH - VALUES
    rows = []
    for number, each in enumerate(told):
        length = _round(room * each.value / top)
        share = math.floor(HUNDRED * each.value / first) if first else 0
        rows.append(Step(each, share, _round((room - length) / 2), number * ROW, length))
    return Funnel(rows=rows, height=max(1, len(rows)) * ROW)


def trend(told: Sequence[Value], standard: float | None = None) -> Trend:
    """A line through the figures in their order, over a range a little wider than theirs."""
    known = [each.value for each in told] + ([standard] if standard is not None else [])
    low, high = min(known, default=0), max(known, default=1)
    spare = (high - low) * 0.1 or 1
    low, high = low - spare, high + spare
    room = TREND_HEIGHT - 2 * MARGIN
    across = (WIDTH - 2 * MARGIN) / max(1, len(told) - 1)

    def height_of(value: float) -> float:
        return _round(TREND_HEIGHT - MARGIN - room * (value - low) / (high - low))

    points = [Point(each, _round(MARGIN + across * number), height_of(each.value)) for number, each in enumerate(told)]
    return Trend(
        points=points,
        line=" ".join(f"{point.x},{point.y}" for point in points),
        standard=None if standard is None else height_of(standard),
        lowest=min((each.value for each in told), default=0),
        highest=max((each.value for each in told), default=0),
        height=TREND_HEIGHT,
    )


def heat_map(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]]) -> HeatMap:
    """A cell for each figure of each row; the highest figure is the darkest, nothing the palest."""
    top = max((value for _, values in rows for value in values if value is not None), default=0) or 1
    width = _round((WIDTH - SLANT) / max(1, len(columns)))

    def cell(value: float | None, column: int, row: int) -> Heat:
        step = None if value is None else round(HEAT_STEPS * max(value, 0) / top)
        return Heat(value, step, _round(column * width), HEADS + row * ROW)

    return HeatMap(
        columns=[(title, _round((number + 0.5) * width)) for number, title in enumerate(columns)],
        rows=[
            (label, HEADS + number * ROW, [cell(value, column, number) for column, value in enumerate(values)])
            for number, (label, values) in enumerate(rows)
        ],
        cell=width,
        height=HEADS + len(rows) * ROW,
    )


def ring(value: float, target: float) -> Ring:
    """The part of the circle that is filled; target must not be negative."""
    around = 2 * math.pi * RADIUS
    share = min(max(value, 0) / target, 1) if target else 1
    return Ring(value, target, _round(around), _round(around * share))


def _round(length: float) -> float:
    return round(length, 1)
