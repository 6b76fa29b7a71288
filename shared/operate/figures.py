"""Figures of the work of a service: counted in its database once a minute, and told as gauges until the next time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from math import prod
from typing import Any

from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock, metrics
from shared.db import Database

OTHER = "OTHER"
RECENT = timedelta(days=30)
OUTCOMES = ("APPLIED", "REFUSED")

IMPORTED = text(
    "SELECT split_part(action, '.', 2), details->>'status', count(*) FROM audit_entries"
    " WHERE subject_type = 'import' AND at >= :since GROUP BY 1, 2"
)
REFUSED = text(
    "SELECT split_part(action, '.', 2), sum(CAST(details->>'refused' AS bigint)) FROM audit_entries"
    " WHERE subject_type = 'import' AND at >= :since GROUP BY 1"
)
NEWEST_REFUSED = text(
    "SELECT DISTINCT ON (1) split_part(action, '.', 2), CAST(details->>'status' = 'REFUSED' AS int) FROM audit_entries"
    " WHERE subject_type = 'import' AND at >= :since ORDER BY 1, at DESC, id DESC"
)

Told = Iterable[Sequence[Any]]
"""Rows of label values and, last, the figure, which is None where there is nothing to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One gauge of a service's work.

    Its labels are the service and then those named here, each with all it may say: a value that is not among them
    counts as OTHER, so that series never grow with what people enter. Where no row tells a figure it is zero, unless
    it is sparse: then it is not told at all.
    """

    gauge: Gauge
    labels: Mapping[str, Collection[str]]
    read: Callable[[AsyncSession], Awaitable[Told]]
    sparse: bool = False

    @property
    def most_series(self) -> int:
        """How many series the gauge can have for one service."""
        return prod(len(values) + 1 for values in self.labels.values())

    def values(self, rows: Told) -> dict[tuple[str, ...], float]:
        """The figure by the values of its labels."""
        told: dict[tuple[str, ...], float] = {}
        if not self.sparse:
            told = dict.fromkeys(product(*self.labels.values()), 0.0)
        for *given, figure in rows:
            if figure is not None:
                key = tuple(self._known(known, value) for known, value in zip(self.labels.values(), given, strict=True))
                told[key] = told.get(key, 0.0) + float(figure)
        return told

    def _known(self, known: Collection[str], value: object) -> str:
        return str(value) if value in known else OTHER


def counted(
    name: str,
    documentation: str,
    labels: Mapping[str, Collection[str]],
    read: Callable[[AsyncSession], Awaitable[Told]],
) -> Figure:
    """A figure with a gauge of its own."""
    return Figure(gauge=Gauge(name, documentation, ["service", *labels]), labels=labels, read=read)


def stuck(steps: Collection[str], read: Callable[[AsyncSession], Awaitable[Told]]) -> Figure:
    """How many cases stand in each of these steps for longer than it may take."""
    return Figure(gauge=metrics.CASES_STUCK, labels={"step": steps}, read=read)


def medians(steps: Collection[str], read: Callable[[AsyncSession], Awaitable[Told]]) -> Figure:
    """The median of the seconds that cases took to each of these steps; a step that nobody took has none."""
    return Figure(gauge=metrics.STEP_SECONDS, labels={"step": steps}, read=read, sparse=True)


def imports(kinds: Collection[str]) -> tuple[Figure, ...]:
    """Files of these kinds taken in lately: by outcome, the rows refused, and of which kind the newest was refused."""
    return (
        Figure(gauge=metrics.IMPORTS, labels={"kind": kinds, "outcome": OUTCOMES}, read=_imported),
        Figure(gauge=metrics.IMPORT_ROWS_REFUSED, labels={"kind": kinds}, read=_refused),
        Figure(gauge=metrics.IMPORTS_FAILING, labels={"kind": kinds}, read=_newest_refused),
    )


async def take_figures(database: Database, figures: Iterable[Figure]) -> None:
    """Count all of them anew and tell them; when one cannot be counted, all stay as they are."""
    service = database.origin.service
    async with database.session() as session:
        await session.connection(execution_options={"postgresql_readonly": True})
        counts = [(figure, figure.values(await figure.read(session))) for figure in figures]
    for figure, told in counts:
        figure.gauge.remove_by_labels({"service": service})
        for labels, value in told.items():
            figure.gauge.labels(service, *labels).set(value)
    metrics.FIGURES_TAKEN.labels(service).set_to_current_time()


async def _imported(session: AsyncSession) -> Told:
    return (await session.execute(IMPORTED, {"since": await clock.now(session) - RECENT})).all()


async def _refused(session: AsyncSession) -> Told:
    return (await session.execute(REFUSED, {"since": await clock.now(session) - RECENT})).all()


async def _newest_refused(session: AsyncSession) -> Told:
    return (await session.execute(NEWEST_REFUSED, {"since": await clock.now(session) - RECENT})).all()
