"""What time it is: the database's time plus an offset that only a simulation may move."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.db import KernelBase, Origin
from shared.errors import Conflict, NotAllowed

WHOLE = 100
"""Percent."""


class Clock(KernelBase):
    """One row: how far the simulated time is ahead of the database's."""

    __tablename__ = "clock"
    __table_args__ = (CheckConstraint("single", name="one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, default=True)
    offset: Mapped[timedelta]


class Simulation(KernelBase):
    """One row where a demo has filled, or is filling, this database: what was asked for, and the days it goes through.

    people is None where the demo took people as they were.
    """

    __tablename__ = "simulation"
    __table_args__ = (CheckConstraint("single", name="one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, default=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    people: Mapped[int | None]
    since: Mapped[date]
    until: Mapped[date]

    def percent(self, day: date) -> int:
        """How far the demo has come when it is this day."""
        gone, length = (day - self.since).days, (self.until - self.since).days
        return WHOLE if gone >= length else max(0, WHOLE * gone // length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """The simulated day, and how far the demo that moves it has come; None when there is none."""

    today: date
    percent: int | None

    @property
    def running(self) -> bool:
        """Whether a demo has still some way to go."""
        return self.percent is not None and self.percent < WHOLE


NOW = text('SELECT clock_timestamp() + clock."offset" FROM clock')

MOVE = text(
    'UPDATE clock SET "offset" = coalesce(CAST(:to AS timestamptz), real.at) - real.at'
    " FROM (SELECT coalesce(CAST(:at AS timestamptz), clock_timestamp()) AS at) AS real"
    ' WHERE coalesce(CAST(:to AS timestamptz), clock_timestamp()) >= clock_timestamp() + "offset"'
    " OR NOT EXISTS (SELECT FROM outbox) AND NOT EXISTS (SELECT FROM inbox) RETURNING 1"
)


def now_sync(session: Session) -> datetime:
    """As now, for code that runs inside a session's hooks."""
    moment: datetime | None = session.info.get("now")
    if moment is None:
        moment = session.info["now"] = session.execute(NOW).scalar_one()
        session.info["asked"] = time.monotonic()
    return moment


async def now(session: AsyncSession) -> datetime:
    """The present moment in UTC, the same throughout one session (use a session for one transaction)."""
    return await session.run_sync(now_sync)


def by_now(session: AsyncSession) -> datetime:
    """What the present moment has become since this session asked for it; nobody is asked again."""
    moment: datetime = session.info["now"]
    return moment + timedelta(seconds=time.monotonic() - session.info["asked"])


async def today(session: AsyncSession) -> date:
    """The present date in the agency's zone."""
    origin: Origin = session.info["origin"]
    return (await now(session)).astimezone(origin.zone).date()


async def advance(session: AsyncSession, by: timedelta, *, simulation: bool) -> None:
    """Move the simulated time forward; refused outside a simulation."""
    _require(simulation=simulation)
    await session.execute(text('UPDATE clock SET "offset" = "offset" + :by'), {"by": by})
    session.info.pop("now", None)


async def move(session: AsyncSession, to: datetime | None, *, simulation: bool, at: datetime | None = None) -> None:
    """Make it this moment, or with None the real one; refused outside a simulation, and back in time once anything
    was told or taken. at is the real moment at which it is so, else now: databases given the same show the same time.
    """
    _require(simulation=simulation)
    if (await session.execute(MOVE, {"to": to, "at": at})).scalar_one_or_none() is None:
        raise Conflict("Waktu tidak dapat mundur setelah ada yang dicatat.")
    session.info.pop("now", None)


async def simulation_of(session: AsyncSession) -> Simulation | None:
    """The demo that fills this database, if there is one."""
    return await session.get(Simulation, True)


async def begin_simulation(session: AsyncSession, demo: Simulation) -> None:
    """Note what the demo is that fills this database; nothing happens when it is noted already."""
    columns = {"seed": demo.seed, "people": demo.people, "since": demo.since, "until": demo.until}
    await session.execute(insert(Simulation).values(single=True, **columns).on_conflict_do_nothing())


async def simulated(session: AsyncSession) -> Simulated:
    """What pages show of the simulation."""
    day = await today(session)
    demo = await simulation_of(session)
    return Simulated(today=day, percent=demo.percent(day) if demo else None)


def _require(*, simulation: bool) -> None:
    if not simulation:
        raise NotAllowed("Waktu hanya boleh dimajukan dalam simulasi (BANGKOM_SIMULATION=1).")
