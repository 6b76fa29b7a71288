"""Operator commands for a consumer: how far it is behind, and going on after a stop."""

from __future__ import annotations

import click

from shared.delivery.worker import group_of
from shared.operate.installation import Installation, execute
from shared.operate.letters import repairing
from shared.operate.words import chosen, json_option, service_option, show_json


@click.command()
@json_option
@click.pass_obj
def lag(installation: Installation, *, as_json: bool) -> None:
    """Catatan di topik yang belum diolah; keluar dengan kode 1 bila ada."""
    found = [
        {"service": service, "topic": topic, "lag": behind}
        for service in installation.services
        for topic, behind in execute(_lag(installation, service)).items()
    ]
    if as_json:
        show_json(found)
    else:
        for row in found:
            click.echo(f"{row['service']}\t{row['topic']}\t{row['lag']}")
    if any(row["lag"] for row in found):
        raise SystemExit(1)


async def _lag(installation: Installation, service: str) -> dict[str, int]:
    topics = installation.services[service].topics
    async with installation.transport() as transport:
        behind = await transport.lag(group_of(service), topics)
    return {topic: sum(count for (name, _), count in behind.items() if name == topic) for topic in topics}


@click.command()
@service_option
@click.pass_obj
def resume(installation: Installation, name: str | None) -> None:
    """Jalankan lagi layanan yang berhenti karena terlalu banyak kegagalan serupa."""
    reason = execute(_resume(installation, chosen(installation, name)))
    click.echo("Layanan ini tidak sedang berhenti." if reason is None else f"Dilanjutkan (tadinya: {reason}).")


async def _resume(installation: Installation, service: str) -> str | None:
    async with repairing(installation, service) as repair:
        return await repair.resume()
