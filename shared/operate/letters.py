"""Operator commands for records that wait: dead letters, deferred events and what stands behind them."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import asdict

import click

from shared.delivery.consumer import Consumer
from shared.delivery.held import held_by_id
from shared.identity.actor import SYSTEM
from shared.operate.installation import Installation, execute
from shared.operate.repair import Repair, Waiting, waiting
from shared.operate.words import chosen, json_option, service_option, show_json
from shared.tables import HeldReason

ACTION = click.argument("number", type=int)


@asynccontextmanager
async def repairing(installation: Installation, service: str) -> AsyncIterator[Repair]:
    """The repairs of a service, as the system: whoever may start programs on the server may do them."""
    async with installation.database(service) as database:
        handlers = installation.services[service].listens
        yield Repair(database, Consumer(database, handlers, installation.settings.accepted), SYSTEM)


@click.group("dead-letters")
def dead_letters() -> None:
    """Catatan yang tertahan: lihat, ulangi, buang."""


@dead_letters.command("list")
@click.option("--all", "everything", is_flag=True, help="Juga yang menunggu giliran.")
@json_option
@click.pass_obj
def list_letters(installation: Installation, *, everything: bool, as_json: bool) -> None:
    """Semua catatan yang mati, per layanan."""
    found = _waiting(installation, list(HeldReason) if everything else [HeldReason.DEAD])
    if as_json:
        _show_json(found)
        return
    for service, row in found:
        click.echo(
            f"{service}\t{row.id}\t{row.status}\t{row.event_type}\t{row.reason}\t{row.place}\t{row.held_at:%F %T}"
        )
    click.echo(f"{len(found)} catatan.")


@click.command()
@json_option
@click.pass_obj
def deferred(installation: Installation, *, as_json: bool) -> None:
    """Catatan yang menunggu data lain; dicoba lagi dengan sendirinya, dan mati setelah 24 jam."""
    found = _waiting(installation, [HeldReason.DEFERRED])
    if as_json:
        _show_json(found)
        return
    for service, row in found:
        click.echo(
            f"{service}\t{row.id}\t{row.event_type}\t{row.place}\tsejak {row.held_at:%F %T}"
            f"\tdicoba {row.attempts} kali\tdi belakangnya {row.behind}"
        )
    click.echo(f"{len(found)} catatan.")


def _waiting(installation: Installation, statuses: Collection[HeldReason]) -> list[tuple[str, Waiting]]:
    return [
        (service, row)
        for service in installation.services
        for row in execute(_waiting_in(installation, service, statuses))
    ]


async def _waiting_in(installation: Installation, service: str, statuses: Collection[HeldReason]) -> list[Waiting]:
    async with installation.database(service) as database, database.session() as session:
        return await waiting(session, statuses)


def _show_json(found: list[tuple[str, Waiting]]) -> None:
    show_json([{"service": service, **asdict(row)} for service, row in found])


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
@click.argument("number", type=int, required=False)
@click.option("--topic", help="Topik dari kunci itu.")
@click.option("--key", help="Semua yang tertahan dari kunci (subjek) ini.")
@click.option("--all", "everything", is_flag=True, help="Semua catatan yang mati, yang tertua dahulu.")
@service_option
@click.pass_obj
def replay_letters(
    installation: Installation,
    *,
    number: int | None,
    topic: str | None,
    key: str | None,
    everything: bool,
    name: str | None,
) -> None:
    """Coba lagi catatan ini dan semua yang menunggu di belakangnya."""
    if [number is not None, key is not None, everything].count(True) != 1 or (key is None) != (topic is None):
        raise click.UsageError("Sebutkan satu saja: nomor catatan, --topic dengan --key, atau --all.")
    service = chosen(installation, name)
    if everything:
        done, failed = execute(_replay_all(installation, service))
        click.echo(f"Berhasil {done}, masih gagal {failed}.")
        ok = not failed
    else:
        ok = execute(_replay(installation, service, number, (topic or "", key or "")))
    if not ok:
        raise click.ClickException("Masih gagal; catatan tetap tertahan.")
    click.echo("Selesai.")


async def _replay(installation: Installation, service: str, number: int | None, key: tuple[str, str]) -> bool:
    async with repairing(installation, service) as repair:
        return await (repair.replay_key(*key) if number is None else repair.replay(number))


async def _replay_all(installation: Installation, service: str) -> tuple[int, int]:
    async with repairing(installation, service) as repair:
        return await repair.replay_all()


@dead_letters.command("discard")
@ACTION
@service_option
@click.confirmation_option(prompt="Buang catatan ini untuk selamanya?")
@click.pass_obj
def discard_letter(installation: Installation, number: int, name: str | None) -> None:
    """Buang catatan ini; yang menunggu di belakangnya berjalan lagi."""
    gone_on = execute(_discard(installation, chosen(installation, name), number))
    click.echo("Dibuang." if gone_on else "Dibuang; catatan berikutnya dari kunci itu masih tertahan.")


async def _discard(installation: Installation, service: str, number: int) -> bool:
    async with repairing(installation, service) as repair:
        return await repair.discard(number)
