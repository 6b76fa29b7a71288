"""The operators' command that makes activation slips for the people of a unit, to be printed and cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Protocol

import click
from sqlalchemy import text

from shared.db import Database
from shared.errors import Conflict, NotFound
from shared.identity.activation import LONGEST_DAYS, Invited, Slip, issue_slips, reissue_slip
from shared.operate.installation import execute
from shared.settings import Settings
from shared.web.pages import environment

UNIT = text("SELECT id FROM directory_units WHERE code = :code")
ON_DUTY_BELOW = text(
    "WITH RECURSIVE below AS ("
    "  SELECT id, name FROM directory_units WHERE code = :code"
    "  UNION SELECT u.id, u.name FROM directory_units u JOIN below ON u.parent_id = below.id)"
    " SELECT e.employee_number AS name, e.name AS person, below.name AS unit, e.id AS employee_id"
    " FROM directory_employees e JOIN below ON below.id = e.unit_id"
    " WHERE e.legal_status = '01' ORDER BY below.name, e.name, e.id"
)


class SlipHolder(Protocol):
    """What the operator's program passes to this command."""

    @property
    def settings(self) -> Settings:
        """Its settings."""
        ...

    @property
    def services(self) -> Mapping[str, Any]:
        """The services whose directories know the people."""
        ...

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        """The database of a service."""
        ...

    def identity(self) -> AbstractAsyncContextManager[Database]:
        """The identity database."""
        ...


@click.command("slips")
@click.option("--unit", "unit", metavar="KODE", help="Untuk semua pegawai unit ini dan unit di bawahnya.")
@click.option("--account", "account", metavar="NAMA", help="Untuk satu akun yang lupa kata sandinya.")
@click.option(
    "--days",
    type=click.IntRange(1, LONGEST_DAYS),
    default=LONGEST_DAYS,
    show_default=True,
    help="Masa berlaku dalam hari.",
)
@click.pass_obj
def slips(holder: SlipHolder, unit: str | None, account: str | None, days: int) -> None:
    """Buat kupon aktivasi sebagai halaman untuk dicetak: bangkom accounts slips --unit 1.04 > kupon.html

    Tiap kupon memuat kode sekali pakai untuk memilih kata sandi pertama. Pegawai tanpa akun dibuatkan akun dengan nomor
    pegawai sebagai nama masuk; yang sudah punya kata sandi dilewati, dan kupon lama diganti.
    """
    if (unit is None) == (account is None):
        raise click.UsageError("Sebutkan salah satu: --unit atau --account.")
    made = execute(_made(holder, unit, account or "", timedelta(days=days)))
    click.echo(
        f"{len(made)} kupon dibuat. Siapa pun yang membacanya dapat memakainya: cetak, bagikan, hapus.", err=True
    )
    if made:
        click.echo(_page(holder.settings, made))


async def _made(holder: SlipHolder, unit: str | None, account: str, lasts: timedelta) -> Sequence[Slip]:
    if holder.settings.oidc_issuer:
        raise Conflict("Di sini orang masuk lewat penyedia identitas (BANGKOM_OIDC_ISSUER); kata sandi diatur di sana.")
    people = await _people(holder, unit) if unit is not None else []
    async with holder.identity() as identity, identity.transaction() as session:
        if unit is None:
            return [await reissue_slip(session, account, lasts)]
        return await issue_slips(session, people, lasts)


async def _people(holder: SlipHolder, unit: str) -> list[Invited]:
    # Every service knows everybody; of several the first is asked.
    async with holder.database(next(iter(holder.services))) as database, database.session() as session:
        if await session.scalar(UNIT, {"code": unit}) is None:
            raise NotFound(f"Unit {unit} tidak ada.")
        return [Invited(**row) for row in (await session.execute(ON_DUTY_BELOW, {"code": unit})).mappings()]


def _page(settings: Settings, made: Sequence[Slip]) -> str:
    base = (settings.base_url or f"http://{settings.bind}:{settings.port}").rstrip("/")
    template = environment({}, settings.zone).get_template("slips.html")
    return template.render(slips=made, agency=settings.agency, address=f"{base}/needs/pages/activate")
