"""What time it is: the database's time plus an offset that only a simulation may move."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.db import KernelBase, Origin
from shared.errors import NotAllowed


class Clock(KernelBase):
    """One row: how far the simulated time is ahead of the database's."""

    __tablename__ = "clock"
    __table_args__ = (CheckConstraint("single", name="one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, default=True)
    offset: Mapped[timedelta]


NOW = text('SELECT clock_timestamp() + clock."offset" FROM clock')


def now_sync(session: Session) -> datetime:
    """As now, for code that runs inside a session's hooks."""
    moment: datetime | None = session.info.get("now")
    if moment is None:
        moment = session.info["now"] = session.execute(NOW).scalar_one()
    return moment


async def now(session: AsyncSession) -> datetime:
    """The present moment in UTC, the same throughout one session (use a session for one transaction)."""
    return await session.run_sync(now_sync)


async def today(session: AsyncSession) -> date:
    """The present date in the agency's zone."""
    origin: Origin = session.info["origin"]
    return (await now(session)).astimezone(origin.zone).date()


async def advance(session: AsyncSession, by: timedelta, *, simulation: bool) -> None:
    """Move the simulated time forward; refused outside a simulation."""
    if not simulation:
        raise NotAllowed("Waktu hanya boleh dimajukan dalam simulasi.")
    await session.execute(text('UPDATE clock SET "offset" = "offset" + :by'), {"by": by})
    session.info.pop("now", None)
