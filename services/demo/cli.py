"""The commands of the demo: fill an installation with a made-up year, show its clock, and move it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from typing import Any

import click

from services.demo import evaluation, mentoring, needs, training
from services.demo.accounts import account_lines
from services.demo.course import Act, Course, Wanted, alone, move
from services.demo.settle import Settling
from shared import clock
from shared.clock import Simulated
from shared.db import Database
from shared.errors import NotAllowed
from shared.operate.installation import Installation, execute
from shared.web.figures import day as day_shown

ACTS: Mapping[str, Act] = {
    "needs": needs.act,
    "training": training.act,
    "mentoring": mentoring.act,
    "evaluation": evaluation.act,
}
"""In the order in which they act on a day: each with what the ones before it told."""
PARENT_SECONDS = 0.5


@click.command()
@click.option("--people", type=click.IntRange(min=30, max=100_000), help="Banyaknya pegawai rekaan (bawaan 500).")
@click.option("--months", type=click.IntRange(min=1, max=60), help="Banyaknya bulan (bawaan 12).")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Benih: menentukan pegawai rekaan dan nasib mereka (bawaan 1)."
)
@click.option("--without", multiple=True, type=click.Choice(list(ACTS)), help="Layanan yang sedang tidak berjalan.")
@click.option("--child", is_flag=True, hidden=True, help="Berhenti bila proses induk berhenti.")
@click.pass_obj
def demo(
    installation: Installation,
    people: int | None,
    months: int | None,
    seed: int | None,
    without: tuple[str, ...],
    child: bool,  # noqa: FBT001 a flag of the command line
) -> None:
    """Isi Bangkom yang sedang berjalan dengan tahun rekaan; dilanjutkan bila pernah terputus."""
    _require_simulation(installation)
    wanted = Wanted(people=people, months=months, seed=seed)
    if child:
        execute(_with_parent(_offered(installation)))
    else:
        execute(_demo(installation, wanted, frozenset(without)))
        click.echo("Simulasi selesai.")


async def _demo(installation: Installation, wanted: Wanted, without: Collection[str]) -> None:
    async with _course(installation, without) as course, alone(course.databases["needs"]):
        await course.run(wanted, _Diary(installation, course).note)


async def _offered(installation: Installation) -> None:
    """The demo that is begun or gone on with unasked: people whom somebody recorded are left alone."""
    async with _course(installation) as course, alone(course.databases["needs"]):
        if await course.is_in_use():
            click.echo("Sudah ada pegawai di sini; tidak ada simulasi yang dimulai.")
        elif await course.is_over():
            await _tell_accounts(installation, course)
        else:
            await course.run(Wanted(), _Diary(installation, course).note)
            click.echo("Simulasi selesai.")


async def _tell_accounts(installation: Installation, course: Course) -> None:
    for line in await account_lines(installation, course.databases):
        click.echo(line)


class _Diary:
    """Tells the operator with which accounts to look, and of each month that has passed."""

    def __init__(self, installation: Installation, course: Course) -> None:
        self._installation = installation
        self._course = course
        self._month: tuple[int, int] | None = None
        self._done = 0

    async def note(self, today: date, percent: int, done: int) -> None:
        """Take down one step. The first one brings the people whom accounts are for."""
        if self._month is None:
            await _tell_accounts(self._installation, self._course)
        self._done += done
        month = (today.year, today.month)
        if month != self._month or percent == clock.WHOLE:
            click.echo(f"Simulasi: {day_shown(today)} · {percent} % · {self._done} hal dikerjakan")
            self._month = month


async def _with_parent(work: Coroutine[Any, Any, None]) -> None:
    """Work as long as the process that started us lives."""
    parent = os.getppid()
    task = asyncio.ensure_future(work)
    while not (await asyncio.wait([task], timeout=PARENT_SECONDS))[0]:
        if os.getppid() != parent:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            raise SystemExit(1)
    await task


@asynccontextmanager
async def _course(installation: Installation, without: Collection[str] = ()) -> AsyncIterator[Course]:
    async with AsyncExitStack() as stack:
        databases: dict[str, Database] = {}
        for name in installation.services:
            databases[name] = await stack.enter_async_context(installation.database(name))
        transport = await stack.enter_async_context(installation.transport())
        services = {name: service for name, service in installation.services.items() if name not in without}
        yield Course(
            databases=databases,
            settling=Settling(services, databases, transport),
            acts={name: act for name, act in ACTS.items() if name in services},
            zone=installation.settings.zone,
            simulation=installation.settings.simulation,
        )


@click.group("clock", invoke_without_command=True)
@click.pass_context
def clock_group(context: click.Context) -> None:
    """Waktu di sini, yang dalam simulasi dapat dimajukan."""
    if context.invoked_subcommand is None:
        found = execute(_simulated(context.obj))
        demo_shown = "" if found.percent is None else f" · {found.percent} %"
        click.echo(f"{day_shown(found.today)}{demo_shown}")


async def _simulated(installation: Installation) -> Simulated:
    async with installation.database("needs") as database, database.session() as session:
        return await clock.simulated(session)


@clock_group.command("advance")
@click.option("--days", type=click.IntRange(min=0, max=3_660), required=True, help="Berapa hari; 0 hanya menunggu.")
@click.option("--without", multiple=True, type=click.Choice(list(ACTS)), help="Layanan yang sedang tidak berjalan.")
@click.option("--no-wait", is_flag=True, help="Jangan tunggu pekerjaan yang masih berlangsung.")
@click.pass_obj
def advance(installation: Installation, days: int, without: tuple[str, ...], no_wait: bool) -> None:  # noqa: FBT001 a flag
    """Majukan waktu di semua layanan."""
    _require_simulation(installation)
    click.echo(day_shown(execute(_advance(installation, days, frozenset(without), wait=not no_wait))))


async def _advance(installation: Installation, days: int, without: Collection[str], *, wait: bool) -> date:
    async with _course(installation, without) as course, alone(course.databases["needs"]):
        if wait:
            await course.settling.settle()
        async with course.databases["needs"].session() as session:
            moment = await clock.now(session) + timedelta(days=days)
        if days:
            await move(course.databases.values(), moment, simulation=course.simulation)
            if wait:
                await course.settling.settle()
        return moment.astimezone(course.zone).date()


def _require_simulation(installation: Installation) -> None:
    if not installation.settings.simulation:
        raise NotAllowed("Hanya dalam simulasi: jalankan Bangkom dan perintah ini dengan BANGKOM_SIMULATION=1.")
