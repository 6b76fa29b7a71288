"""Building a service's directory anew from the records of its state topics, and telling what that changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import click
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.db import Database, Origin
from shared.delivery.envelope import SEQUENCE_EPOCH, Received, Record, Unreadable, identity_of, read, write_headers
from shared.directory import (
    DIRECTORY_HANDLERS,
    Directory,
    DirectoryEmployee,
    DirectoryPosition,
    DirectoryUnit,
)
from shared.errors import Conflict
from shared.events.catalogue import TOPIC_PUBLISHER
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.events.reference import PositionRecorded, UnitRecorded
from shared.identity.actor import SYSTEM
from shared.operate.installation import Installation, execute
from shared.operate.words import json_option, service_option, show_json

TABLES: Mapping[type[Event], Directory] = {
    EmployeeRecorded: DirectoryEmployee,
    UnitRecorded: DirectoryUnit,
    PositionRecorded: DirectoryPosition,
}
TOPICS = sorted({contract.topic for contract in TABLES})
LOCK_SECONDS = 30.0
CHUNK = 5_000

EPOCH = text("SELECT epoch FROM delivery_epoch")
ARCHIVED = text(
    "SELECT seq, event_id, topic, key, headers, value FROM outbox"
    " WHERE topic = ANY(CAST(:topics AS text[])) AND seq > :last ORDER BY seq LIMIT :most"
)

Newest = dict[type[Event], dict[UUID, Received[Event]]]
"""The newest record of each subject, by type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What building one table anew changes, in rows."""

    table: str
    rows: int
    added: int
    changed: int
    removed: int

    @property
    def any(self) -> bool:
        """Whether the table differed from what the log says."""
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The tables with their changes, and how many records could not be read."""

    changes: Sequence[Change]
    unreadable: int


async def rebuild_directory(
    database: Database, accepted: frozenset[str], history: AsyncIterator[list[Record]], *, check: bool
) -> Rebuilt:
    """Build the directory from the newest record of each subject; with check, only say what would change.

    Whoever reads sees the old directory until all of the new one is there; the worker waits meanwhile. Raises Conflict
    when the log holds nothing of a table that has rows, since the log has then lost them.
    """
    async with database.session() as session:
        # Locked before the log is read: nothing that the worker has applied can then be missing in what is read.
        await _lock(session)
        newest, unreadable = await _newest(history, accepted)
        changes = [await _build(session, contract, list(newest[contract].values())) for contract in TABLES]
        if check:
            await session.rollback()
        else:
            details = {change.table: [change.added, change.changed, change.removed] for change in changes}
            audit.record(session, SYSTEM, "directory_rebuilt", "directory", details=details)
            await session.commit()
    return Rebuilt(changes=changes, unreadable=unreadable)


async def _lock(session: AsyncSession) -> None:
    # All or none: whoever waits for the second table while holding the first waits in a circle with the worker.
    names = ", ".join(table.__tablename__ for table in TABLES.values())
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            await session.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE NOWAIT"))
            return
        except DBAPIError as error:
            await session.rollback()
            taken = getattr(error.orig, "sqlstate", None) == asyncpg.LockNotAvailableError.sqlstate
            if not taken or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)


async def _newest(history: AsyncIterator[list[Record]], accepted: frozenset[str]) -> tuple[Newest, int]:
    found: Newest = {contract: {} for contract in TABLES}
    unreadable = 0
    async for records in history:
        for record in records:
            try:
                event = read(record, identity_of(record), accepted, TABLES)
            except Unreadable:
                unreadable += 1
                continue
            if event is None:
                continue
            known = found[event.type].get(event.subject)
            if known is None or known.sequence < event.sequence:
                found[event.type][event.subject] = event
    return found, unreadable


async def _build(session: AsyncSession, contract: type[Event], events: Sequence[Received[Event]]) -> Change:
    name = TABLES[contract].__tablename__
    before = await session.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608 the table's own name
    if before and not events:
        raise Conflict(
            f"Log tidak berisi {contract.type}, padahal {name} berisi {before} baris: tidak ada yang diubah."
        )
    await session.execute(text(f"CREATE TEMPORARY TABLE old_{name} ON COMMIT DROP AS TABLE {name}"))
    await session.execute(text(f"DELETE FROM {name}"))  # noqa: S608 the table's own name
    for first in range(0, len(events), CHUNK):
        await DIRECTORY_HANDLERS[contract](session, list(events[first : first + CHUNK]))
    return await _change(session, name)


async def _change(session: AsyncSession, name: str) -> Change:
    figures = text(
        "SELECT count(new.id) AS rows, count(*) FILTER (WHERE old.id IS NULL) AS added,"  # noqa: S608 as above
        " count(*) FILTER (WHERE new.id IS NULL) AS removed,"
        " count(*) FILTER (WHERE old.id = new.id AND old IS DISTINCT FROM new) AS changed"
        f" FROM old_{name} old FULL JOIN {name} new ON old.id = new.id"
    )
    return Change(table=name, **(await session.execute(figures)).mappings().one())


async def archived(database: Database) -> AsyncIterator[list[Record]]:
    """The records of the state topics as the service's own outbox keeps them, oldest first."""
    last = -1
    async with database.session() as session:
        epoch: int = (await session.execute(EPOCH)).scalar_one()
        while rows := (await session.execute(ARCHIVED, {"topics": TOPICS, "last": last, "most": CHUNK})).all():
            last = rows[-1].seq
            yield [_record(row, database.origin, epoch) for row in rows]


def _record(row: Any, origin: Origin, epoch: int) -> Record:
    sequence = epoch * SEQUENCE_EPOCH + row.seq
    headers = write_headers(origin, row.headers, event_id=row.event_id, subject=row.key, sequence=sequence)
    return Record(row.topic, 0, row.seq, row.key, list(headers.items()), row.value, 0)


@click.group()
def rebuild() -> None:
    """Bangun ulang salinan data dari catatan di log."""


@rebuild.command("directory")
@click.option("--check", is_flag=True, help="Hanya bandingkan; keluar dengan kode 1 bila ada beda.")
@click.option("--from-outbox", is_flag=True, help="Dari arsip penerbitnya sendiri, tanpa log.")
@service_option
@json_option
@click.pass_obj
def rebuild_directory_command(
    installation: Installation, *, check: bool, from_outbox: bool, name: str | None, as_json: bool
) -> None:
    """Bangun ulang daftar pegawai, unit, dan jabatan dari topik keadaannya."""
    known = {TOPIC_PUBLISHER[topic] for topic in TOPICS} if from_outbox else set(installation.services)
    services = [service for service in installation.services if name in {None, service} and service in known]
    if not services:
        raise click.UsageError(f"--service harus salah satu dari: {', '.join(sorted(known))}.")
    work = partial(_rebuild, installation, check=check, from_outbox=from_outbox)
    found = {service: execute(work(service)) for service in services}
    if as_json:
        show_json([_figures(service, each) for service, each in found.items()])
    else:
        for service, each in found.items():
            _show(service, each)
    if check and any(change.any for each in found.values() for change in each.changes):
        raise SystemExit(1)


async def _rebuild(installation: Installation, service: str, *, check: bool, from_outbox: bool) -> Rebuilt:
    accepted = installation.settings.accepted
    async with installation.database(service) as database:
        if from_outbox:
            return await rebuild_directory(database, accepted, archived(database), check=check)
        async with installation.transport() as log:
            return await rebuild_directory(database, accepted, log.history(TOPICS), check=check)


def _figures(service: str, rebuilt: Rebuilt) -> dict[str, object]:
    tables = {
        each.table: {"rows": each.rows, "added": each.added, "changed": each.changed, "removed": each.removed}
        for each in rebuilt.changes
    }
    return {"service": service, "unreadable": rebuilt.unreadable, "tables": tables}


def _show(service: str, rebuilt: Rebuilt) -> None:
    for each in rebuilt.changes:
        differences = f"baru {each.added}\tberubah {each.changed}\thilang {each.removed}"
        click.echo(f"{service}\t{each.table}\t{each.rows} baris\t{differences}")
    if rebuilt.unreadable:
        click.echo(f"{service}\t{rebuilt.unreadable} catatan tidak dapat dibaca dan dilewati.")
