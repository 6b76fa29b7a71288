"""`bangkom doctor`: looks at an installation and says, one line each, what is wrong and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click
from sqlalchemy import make_url

from shared.errors import Conflict
from shared.operate.backup import Keepable, Standing
from shared.operate.database_findings import of_database
from shared.operate.findings import Finding, of_backups, of_disk
from shared.operate.installation import opened
from shared.operate.log_findings import of_log
from shared.operate.words import json_option, show_json
from shared.postgres import EmbeddedPostgresError
from shared.settings import Settings, WrongSetting

EVENTS = "events"
"""The log of an embedded installation: no tables of ours to look at."""


@click.command()
@json_option
@click.pass_obj
def doctor(installation: Keepable, *, as_json: bool) -> None:
    """Periksa pengaturan, basis data, Kafka, disk, jam, dan cadangan; keluar dengan kode 1 bila ada temuan."""
    found = asyncio.run(examine(installation))
    if as_json:
        show_json([asdict(each) for each in found])
    else:
        click.echo("\n".join(each.line for each in found) or "Tidak ada temuan.")
    if found:
        raise SystemExit(1)


async def examine(installation: Keepable) -> Sequence[Finding]:
    """Look at all of it; whatever cannot be looked at is a finding itself."""
    try:
        settings = installation.settings
        found = [*_of_folders(settings)]
        if settings.transport == "kafka":
            found += await of_log(settings)
        async with installation.standing() as standing:
            found += await _of_databases(installation, settings, standing)
    except WrongSetting as wrong:
        return [Finding(code="setting", place="pengaturan", wrong=str(wrong), action="lihat .env.example")]
    except (Conflict, EmbeddedPostgresError, OSError) as wrong:
        return [
            *found,
            Finding(code="database-away", place=str(settings.data), wrong=_one_line(wrong), action="bangkom run"),
        ]
    return found


def _of_folders(settings: Settings) -> list[Finding]:
    found = of_disk(settings.backups)
    if settings.transport == "embedded":
        found += of_disk(settings.data)
    # What was made up need not be kept.
    if not settings.simulation:
        found += of_backups(settings.backups, datetime.now(UTC))
    return found


async def _of_databases(installation: Keepable, settings: Settings, standing: Standing) -> list[Finding]:
    names = {name: make_url(url).database or "" for name, url in standing.databases.items() if name != EVENTS}
    found = []
    for name, own in names.items():
        others = set(names.values()) - {own} if standing.kind == "full" else set()
        async with opened(standing.databases[name], settings, name, pool_size=1) as database:
            service = name in installation.services
            lineages = installation.lineages[name]
            found += await of_database(database, lineages, service=service, kept_apart=others)
    return found


def _one_line(error: Exception) -> str:
    return str(error).splitlines()[0]
