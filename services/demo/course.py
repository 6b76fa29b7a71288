"""The moving clock: people act, everything settles, half a month passes, until the present is reached."""

from __future__ import annotations

import asyncio
from calendar import monthrange
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import text

from services.demo import population
from services.demo.dice import Dice
from services.demo.settle import Settling
from services.demo.stage import Stage
from shared import audit, clock
from shared.clock import Simulation
from shared.db import Database
from shared.errors import Conflict, Invalid
from shared.identity.actor import SYSTEM

STEP = timedelta(days=15)
MORNING = time(9)
"""Each step begins then, in the agency's zone, so that no step's work runs into the next day."""
LOCK = 7_220_031
LOCK_SECONDS = 15.0
PEOPLE, MONTHS, SEED = 500, 12, 1
TAKE_LOCK = text("SELECT pg_try_advisory_lock(:lock)")
REAL_TIME = text("SELECT clock_timestamp()")
ANYBODY = text("SELECT EXISTS (SELECT FROM employees)")

Act = Callable[[Stage], Awaitable[int]]
Note = Callable[[date, int, int], Awaitable[None]]
"""Told the day reached, the percentage of the way, and how many things were done on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for; None leaves it to what was asked for before, or to what is usual."""

    people: int | None = None
    months: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One demo at work; services that are left out only see the time pass."""

    databases: Mapping[str, Database]
    settling: Settling
    acts: Mapping[str, Act]
    zone: ZoneInfo
    simulation: bool

    async def run(self, wanted: Wanted, note: Note) -> None:
        """Go through all days that are left."""
        await self.settling.require_running()
        demo = await self._begun(wanted)
        await self._populate(demo)
        await self.settling.settle()
        if await self.is_over():
            return
        today = await self._today()
        while True:
            await note(today, demo.percent(today), await self._act(demo, today))
            last = await self._last_day(demo)
            if today >= last:
                return
            await self._pass(demo, today, last)
            today = await self._today()

    async def is_in_use(self) -> bool:
        """Whether people are recorded here whom no demo made up or took over."""
        async with self.databases["needs"].session() as session:
            return await clock.simulation_of(session) is None and bool(await session.scalar(ANYBODY))

    async def is_over(self) -> bool:
        """Whether the last day of the demo is past."""
        async with self.databases["needs"].session() as session:
            demo = await clock.simulation_of(session)
            return demo is not None and await clock.today(session) > demo.until

    async def _act(self, demo: Simulation, today: date) -> int:
        # One service after the other, each with what the others told it: so the same seed gives nearly the same year,
        # but for what hangs on ids, such as who is asked about a colleague.
        done = 0
        for name, act in self.acts.items():
            stage = Stage(database=self.databases[name], today=today, dice=Dice(demo.seed), opening=today == demo.since)
            did = await act(stage)
            if did:
                await self.settling.settle()
            done += did
        return done

    async def _pass(self, demo: Simulation, today: date, last: date) -> None:
        """Let half a month pass, less where the end is nearer; a demo that began in the past ends in real time."""
        following = min(today + STEP, last)
        real = following == last and demo.people is not None
        await self._move(None if real else self._morning(following))
        await self.settling.settle()

    async def _last_day(self, demo: Simulation) -> date:
        """Where people were made up, the present, which moves on while a demo is cut off."""
        if demo.people is None:
            return demo.until
        async with self.databases["needs"].session() as session:
            moment: datetime = (await session.execute(REAL_TIME)).scalar_one()
        return max(demo.until, moment.astimezone(self.zone).date())

    async def _move(self, to: datetime | None) -> None:
        await move(self.databases.values(), to, simulation=self.simulation)

    async def _begun(self, wanted: Wanted) -> Simulation:
        """The demo as it was begun, by this run or one that was cut off: the same in every database."""
        async with self.databases["needs"].session() as session:
            known = await clock.simulation_of(session)
            anybody = bool(await session.scalar(ANYBODY))
            today = await clock.today(session)
        if known is None:
            known = self._new(wanted, today, anybody=anybody)
        elif contradicts(wanted, known):
            raise Conflict(
                f"Simulasi di sini sudah dimulai dengan --seed {known.seed}"
                + (f" --people {known.people}" if known.people else "")
                + f" sejak {known.since:%d-%m-%Y}; lanjutkan tanpa pilihan lain."
            )
        for database in self.databases.values():
            async with database.transaction() as session:
                await clock.begin_simulation(session, known)
        await self._align(known, fresh=known.people is not None and not anybody)
        return known

    def _new(self, wanted: Wanted, today: date, *, anybody: bool) -> Simulation:
        months = wanted.months or MONTHS
        seed = SEED if wanted.seed is None else wanted.seed
        if anybody:
            if wanted.people is not None:
                raise Invalid("Sudah ada pegawai di sini: simulasi memakai mereka, jadi tanpa --people.")
            return Simulation(single=True, seed=seed, people=None, since=today, until=months_after(today, months))
        since = months_after(today, -months)
        return Simulation(single=True, seed=seed, people=wanted.people or PEOPLE, since=since, until=today)

    async def _align(self, demo: Simulation, *, fresh: bool) -> None:
        """Make it the same time everywhere: a run may have been cut off between two databases."""
        if fresh:
            await self._move(self._morning(demo.since))
            return
        moments = []
        for database in self.databases.values():
            async with database.session() as session:
                moments.append(await clock.now(session))
        if max(moments) - min(moments) > timedelta(minutes=1):
            await self._move(max(moments) + timedelta(seconds=1))

    async def _populate(self, demo: Simulation) -> None:
        if demo.people is None:
            return
        stage = Stage(database=self.databases["needs"], today=demo.since, dice=Dice(demo.seed), opening=True)
        await population.settle_in(stage, demo.people)

    async def _today(self) -> date:
        async with self.databases["needs"].session() as session:
            return await clock.today(session)

    def _morning(self, day: date) -> datetime:
        return datetime.combine(day, MORNING, self.zone)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or earlier; the last of the month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def contradicts(wanted: Wanted, demo: Simulation) -> bool:
    """Whether other things are asked for than the demo was begun with."""
    months = (demo.until.year - demo.since.year) * 12 + demo.until.month - demo.since.month
    pairs = ((wanted.seed, demo.seed), (wanted.people, demo.people), (wanted.months, months))
    return any(asked is not None and asked != begun for asked, begun in pairs)


async def move(databases: Collection[Database], to: datetime | None, *, simulation: bool) -> None:
    """Make it the same moment in all databases, all but at once: None is the real one."""
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(database.session()) for database in databases]
        # One moment for all: what another service does at once must not seem to come before its cause.
        at = await sessions[0].scalar(text("SELECT clock_timestamp()"))
        for session in sessions:
            await clock.move(session, to, at=at, simulation=simulation)
            audit.record(session, SYSTEM, "move_clock", "clock")
        await asyncio.gather(*(session.commit() for session in sessions))


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[None]:
    """Be the only one who lets people act; raises Conflict while somebody else does. The server gives it back."""
    async with database.engine.connect() as connection:
        deadline = monotonic() + LOCK_SECONDS
        while not await connection.scalar(TAKE_LOCK, {"lock": LOCK}):
            if monotonic() > deadline:
                raise Conflict("Simulasi sedang berjalan di sini.")
            await connection.rollback()
            await asyncio.sleep(1)
        await connection.commit()
        yield
