"""Operator commands for a consumer: how far it is behind, and going on after a stop."""

from __future__ import annotations

import click
from sqlalchemy import text

from shared import audit
from shared.delivery.worker import group_of
from shared.directory import DIRECTORY_HANDLERS
from shared.identity.actor import SYSTEM
from shared.operate.installation import Installation, execute
from shared.operate.words import chosen, service_option

RESUME = text(
    "UPDATE consumer_state SET stopped_at = NULL WHERE name = :name AND stopped_at IS NOT NULL RETURNING reason"
)


@click.command()
@click.pass_obj
def lag(installation: Installation) -> None:
    """Catatan di topik yang belum diolah; keluar dengan kode 1 bila ada."""
    if sum([execute(_lag(installation, service)) for service in installation.services]):
        raise SystemExit(1)


async def _lag(installation: Installation, service: str) -> int:
    topics = sorted({c.topic for c in (*DIRECTORY_HANDLERS, *installation.services[service].handlers)})
    async with installation.transport() as transport:
        behind = await transport.lag(group_of(service), topics)
    for topic in topics:
        click.echo(f"{service}\t{topic}\t{sum(count for (name, _), count in behind.items() if name == topic)}")
    return sum(behind.values())


@click.command()
@service_option
@click.pass_obj
def resume(installation: Installation, name: str | None) -> None:
    """Jalankan lagi layanan yang berhenti karena terlalu banyak kegagalan serupa."""
    reason = execute(_resume(installation, chosen(installation, name)))
    click.echo("Layanan ini tidak sedang berhenti." if reason is None else f"Dilanjutkan (tadinya: {reason}).")


async def _resume(installation: Installation, service: str) -> str | None:
    async with installation.database(service) as database, database.transaction() as session:
        reason: str | None = await session.scalar(RESUME, {"name": service})
        if reason is not None:
            audit.record(session, SYSTEM, "consumer_resumed", "consumer", details={"reason": reason})
        return reason
