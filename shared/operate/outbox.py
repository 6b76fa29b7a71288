"""Operator commands for what a service emitted: what is owed, what is refused, and sending the archive once more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import click
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.db import Database
from shared.events.catalogue import TOPIC_PUBLISHER, TOPICS
from shared.identity.actor import SYSTEM
from shared.operate.installation import Installation, execute
from shared.operate.repair import release_refused
from shared.operate.status import delivery_status
from shared.operate.words import json_option, service_option, show_json

SINCE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])
CHUNK = 20_000
"""Rows of one statement: each stays far below the time a statement may take."""

REFUSED_KEYS = text("SELECT topic, key, seq, reason FROM refused_keys ORDER BY since")
ARCHIVE = text("SELECT coalesce(min(seq), 0), coalesce(max(seq), -1) FROM outbox")
OWE_AGAIN = text(
    "UPDATE outbox SET published_at = NULL WHERE seq BETWEEN :first AND :last AND published_at IS NOT NULL"
    " AND topic = ANY(CAST(:topics AS text[])) AND created_at >= coalesce(CAST(:since AS timestamptz), '-infinity')"
)


@click.group(invoke_without_command=True)
@click.option("--release", is_flag=True, help="Coba lagi kunci yang ditolak broker.")
@json_option
@click.pass_context
def outbox(context: click.Context, *, release: bool, as_json: bool) -> None:
    """Peristiwa yang belum terkirim; keluar dengan kode 1 bila ada kunci yang ditolak."""
    if context.invoked_subcommand is not None:
        return
    installation: Installation = context.obj
    found = [execute(_outbox(installation, service, release=release)) for service in installation.services]
    if as_json:
        show_json(found)
    else:
        _show(found)
    if any(each["refused"] for each in found):
        raise SystemExit(1)


async def _outbox(installation: Installation, service: str, *, release: bool) -> dict[str, Any]:
    async with installation.database(service) as database, database.transaction() as session:
        if release:
            await release_refused(session, SYSTEM)
        status = await delivery_status(session, service)
        refused = [dict(row) for row in (await session.execute(REFUSED_KEYS)).mappings()]
    return {
        "service": service,
        "unpublished": status.unpublished,
        "oldest_seconds": round(status.oldest_seconds),
        "refused": refused,
    }


def _show(found: list[dict[str, Any]]) -> None:
    for each in found:
        service = each["service"]
        click.echo(f"{service}\tbelum terkirim {each['unpublished']}\ttertua {each['oldest_seconds']} detik")
        for row in each["refused"]:
            click.echo(f"{service}\tditolak\t{row['topic']}\t{row['key']}\t{row['seq']}\t{row['reason']}")


@outbox.command("republish")
@click.option("--since", type=SINCE, help="Hanya yang dicatat sejak saat ini (waktu instansi bila tanpa zona).")
@click.option("--topic", "topics", multiple=True, type=click.Choice(TOPICS), help="Hanya topik ini; boleh berulang.")
@service_option
@click.pass_obj
def republish_outbox(
    installation: Installation, since: datetime | None, topics: tuple[str, ...], name: str | None
) -> None:
    """Kirim ulang arsip, misalnya ke broker yang kembali dalam keadaan kosong.

    Penerima membuang yang sudah pernah mereka olah, jadi mengulang tidak berakibat apa-apa.
    """
    wanted = {service: _published_by(service, topics) for service in installation.services if name in {None, service}}
    wanted = {service: its for service, its in wanted.items() if its}
    if not wanted:
        raise click.UsageError("Tidak ada layanan itu, atau topik itu bukan terbitannya.")
    for service, its in wanted.items():
        count = execute(_republish(installation, service, its, since))
        click.echo(f"{service}\tdikirim ulang {count}")


def _published_by(service: str, topics: Collection[str]) -> list[str]:
    return [topic for topic, by in TOPIC_PUBLISHER.items() if by == service and topic in (topics or TOPICS)]


async def _republish(installation: Installation, service: str, topics: list[str], since: datetime | None) -> int:
    async with installation.database(service) as database:
        if since is not None and since.tzinfo is None:
            since = since.replace(tzinfo=database.origin.zone)
        return await republish(database, topics, since)


async def republish(database: Database, topics: Collection[str], since: datetime | None = None) -> int:
    """Owe the archived events of these topics once more; returns how many.

    In one transaction: the relay then meets them from the oldest on, and no younger one of theirs goes first.
    """
    async with database.transaction() as session:
        count = await _owe_again(session, {"topics": sorted(topics), "since": since})
        details = {"topics": sorted(topics), "since": since.isoformat() if since else None, "events": count}
        audit.record(session, SYSTEM, "outbox_republished", "outbox", details=details)
        return count


async def _owe_again(session: AsyncSession, which: dict[str, Any]) -> int:
    count = 0
    first, last = (await session.execute(ARCHIVE)).one()
    for start in range(first, last + 1, CHUNK):
        rows = await session.execute(OWE_AGAIN, {**which, "first": start, "last": start + CHUNK - 1})
        count += rows.rowcount  # type: ignore[attr-defined]
    return count
