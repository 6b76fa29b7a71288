"""Operator commands for records that wait: dead letters, deferred events and what stands behind them."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import click
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Unreadable
from shared.delivery.held import held_by_id, record_of
from shared.directory import DIRECTORY_HANDLERS
from shared.errors import Conflict
from shared.identity.actor import SYSTEM
from shared.operate.installation import Installation, execute
from shared.operate.words import chosen, service_option
from shared.tables import HeldReason, HeldRecord

ACTION = click.argument("number", type=int)


@click.group("dead-letters")
def dead_letters() -> None:
    """Catatan yang tertahan: lihat, ulangi, buang."""


@dead_letters.command("list")
@click.option("--all", "everything", is_flag=True, help="Juga yang menunggu giliran.")
@click.pass_obj
def list_letters(installation: Installation, everything: bool) -> None:  # noqa: FBT001 a flag of the command line
    """Semua catatan yang mati, per layanan."""
    found = sum(execute(_list(installation, service, everything=everything)) for service in installation.services)
    click.echo(f"{found} catatan.")


async def _list(installation: Installation, service: str, *, everything: bool) -> int:
    statuses = list(HeldReason) if everything else [HeldReason.DEAD]
    wanted = select(HeldRecord).where(HeldRecord.status.in_([s.value for s in statuses])).order_by(HeldRecord.id)
    async with installation.database(service) as database, database.session() as session:
        rows: Sequence[HeldRecord] = (await session.scalars(wanted)).all()
    for row in rows:
        place = f"{row.topic}/{row.partition}/{row.offset}"
        click.echo(f"{service}\t{row.id}\t{row.status}\t{row.event_type}\t{row.reason}\t{place}\t{row.held_at:%F %T}")
    return len(rows)


@dead_letters.command("show")
@ACTION
@service_option
@click.pass_obj
def show_letter(installation: Installation, number: int, name: str | None) -> None:
    """Satu catatan dengan kepala dan isinya."""
    execute(_show(installation, chosen(installation, name), number))


async def _show(installation: Installation, service: str, number: int) -> None:
    async with installation.database(service) as database, database.session() as session:
        row = await held_by_id(session, number)
    for label in ("status", "reason", "event_type", "topic", "partition", "offset", "key", "attempts", "held_at"):
        click.echo(f"{label}: {getattr(row, label)}")
    for header, value in row.headers:
        click.echo(f"{header}: {base64.b64decode(value or '').decode(errors='replace')}")
    click.echo((row.value or b"").decode(errors="backslashreplace"))


@dead_letters.command("replay")
@ACTION
@service_option
@click.pass_obj
def replay_letter(installation: Installation, number: int, name: str | None) -> None:
    """Coba lagi catatan ini dan semua yang menunggu di belakangnya."""
    if not execute(_replay(installation, chosen(installation, name), number)):
        raise click.ClickException("Masih gagal; catatan tetap tertahan.")
    click.echo("Selesai.")


async def _replay(installation: Installation, service: str, number: int) -> bool:
    async with installation.database(service) as database:
        async with database.transaction() as session:
            row = await held_by_id(session, number)
            try:
                record_of(row)
            except Unreadable:
                words = "Isi catatan ini data pribadi dan tidak disimpan; keadaan terbaru akan datang lagi."
                raise Conflict(words) from None
            _note(session, "dead_letter_replayed", row)
        return await _consumer(installation, database).replay(number)


@dead_letters.command("discard")
@ACTION
@service_option
@click.confirmation_option(prompt="Buang catatan ini untuk selamanya?")
@click.pass_obj
def discard_letter(installation: Installation, number: int, name: str | None) -> None:
    """Buang catatan ini; yang menunggu di belakangnya berjalan lagi."""
    execute(_discard(installation, chosen(installation, name), number))
    click.echo("Dibuang.")


async def _discard(installation: Installation, service: str, number: int) -> None:
    async with installation.database(service) as database:
        async with database.transaction() as session:
            row = await held_by_id(session, number)
            _note(session, "dead_letter_discarded", row)
            topic, key = row.topic, row.key
            await session.delete(row)
        if key is not None:
            await _consumer(installation, database).release(topic, key)


def _note(session: AsyncSession, action: str, row: HeldRecord) -> None:
    details = {"event_id": str(row.event_id), "reason": row.reason}
    audit.record(session, SYSTEM, action, "held_record", row.event_id, details)


def _consumer(installation: Installation, database: Database) -> Consumer:
    service = installation.services[database.origin.service]
    return Consumer(database, {**DIRECTORY_HANDLERS, **service.handlers}, installation.settings.accepted)
