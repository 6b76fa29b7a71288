"""Operator commands of the training service: activities in."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import click

from services.training.imports.intake import Outcome, import_activities
from shared.db import Database
from shared.errors import DomainError
from shared.files.error_report import check_report_name, report_lines, write_report
from shared.files.workbook import read_bounded
from shared.identity.actor import SYSTEM

LINES_SHOWN = 100
BAD_ROWS = 1
REFUSED_FILE = 2


class DatabaseHolder(Protocol):
    """What the operator's program passes to these commands."""

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        """The database of a service."""


@click.group("import")
def import_group() -> None:
    """Impor dari .xlsx atau .csv: kegiatan pengembangan beserta JP-nya.

    Seluruh berkas diperiksa lebih dahulu. Kode keluar 1: ada baris yang salah dan tidak ada yang dicatat;
    2: berkas tidak dapat dibaca.
    """


@import_group.command("activities")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--accept-partial", is_flag=True, help="Catat baris yang benar walaupun ada baris yang salah.")
@click.option(
    "--report",
    "report_path",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Tulis semua kesalahan ke berkas .csv atau .xlsx ini.",
)
@click.pass_obj
def import_activities_command(
    holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None
) -> None:
    """Impor daftar kegiatan; pegawainya harus sudah tercatat. JP yang diakui dihitung dari tabel konversi."""

    async def take_in() -> Outcome:
        async with holder.database("training") as database:
            return await import_activities(database, SYSTEM, read_bounded(file), accept_partial=accept_partial)

    try:
        if report_path is not None:
            check_report_name(report_path)
        outcome = asyncio.run(take_in())
    except DomainError as refusal:
        click.echo(refusal.detail, err=True)
        sys.exit(REFUSED_FILE)
    _show(outcome)
    if report_path is not None:
        write_report(report_path, outcome.errors)
        click.echo(f"Laporan kesalahan ditulis ke {report_path}.")
    if outcome.status == "REFUSED":
        sys.exit(BAD_ROWS)


def _show(outcome: Outcome) -> None:
    if outcome.errors:
        click.echo("Kesalahan:")
    for line in report_lines(outcome.errors[:LINES_SHOWN]):
        click.echo(f"  {line}")
    if len(outcome.errors) > LINES_SHOWN:
        click.echo(f"  … dan {len(outcome.errors) - LINES_SHOWN} lagi.")
    changes = outcome.changes
    click.echo(
        f"Dibaca {outcome.rows_read}, baru {changes.added}, berubah {changes.changed}, "
        f"tetap {changes.unchanged}, ditolak {outcome.refused}."
    )
    if outcome.status == "REFUSED":
        click.echo("Tidak ada yang dicatat. Perbaiki baris di atas, atau pakai --accept-partial.")
