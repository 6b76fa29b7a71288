"""Operator commands for the audit log: whether all of it is as it was sealed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict

import click

from shared.db import Database
from shared.operate.installation import Installation, execute
from shared.operate.words import json_option, show_json
from shared.seals import Verified, verify

IDENTITY = "identity"
NOTED = re.compile(r"([a-z]+):([0-9]{1,18}):([0-9a-f]{64})")

Noted = dict[str, tuple[int, str]]


@click.group("audit")
def audit() -> None:
    """Catatan audit: periksa keutuhannya."""


@audit.command("verify")
@click.option(
    "--noted",
    multiple=True,
    metavar="TEMPAT:NOMOR:SIDIK",
    help="Segel yang pernah dicatat di luar basis data; harus masih ada. Boleh diulang.",
)
@json_option
@click.pass_obj
def verify_command(installation: Installation, noted: Sequence[str], *, as_json: bool) -> None:
    """Periksa tiap catatan terhadap segelnya; kode keluar 1 bila ada yang tidak cocok."""
    wanted = _noted(installation, noted)
    found = execute(_verify(installation, wanted))
    if as_json:
        show_json([{"place": place, **asdict(each)} for place, each in found.items()])
    else:
        for place, each in found.items():
            click.echo(f"{place}\t{_told(place, each)}")
    if any(each.wrong for each in found.values()):
        raise SystemExit(1)


def _noted(installation: Installation, words: Sequence[str]) -> Noted:
    found: Noted = {}
    for each in words:
        parts = NOTED.fullmatch(each)
        if parts is None or parts[1] not in {*installation.services, IDENTITY}:
            raise click.UsageError("--noted harus seperti needs:12:<64 angka heksadesimal>.")
        found[parts[1]] = (int(parts[2]), parts[3])
    return found


async def _verify(installation: Installation, noted: Noted) -> dict[str, Verified]:
    found = {}
    for place in (*installation.services, IDENTITY):
        async with _opened(installation, place) as database, database.session() as session:
            found[place] = await verify(session, noted.get(place))
    return found


@asynccontextmanager
async def _opened(installation: Installation, place: str) -> AsyncIterator[Database]:
    async with installation.identity() if place == IDENTITY else installation.database(place) as database:
        yield database


def _told(place: str, found: Verified) -> str:
    counted = f"{found.entries} catatan bersegel, {found.unsealed} belum"
    if found.wrong is not None:
        return f"TIDAK COCOK: {found.wrong}\t{counted} (yang cocok sebelum itu)"
    if found.last is None:
        return f"cocok\t{counted}"
    return f"cocok\t{counted}\tsegel terakhir {place}:{found.last.number}:{found.last.digest}"
