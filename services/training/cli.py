"""Operator commands of the training service: activities in."""

from __future__ import annotations

from pathlib import Path

import click

from services.training.imports.intake import import_activities
from shared.db import Database
from shared.files.outcome import Outcome
from shared.identity.actor import SYSTEM
from shared.operate.imports import DatabaseHolder, partial, report, take_in, workbook


@click.group("import")
def import_group() -> None:
    """Impor dari .xlsx atau .csv: kegiatan pengembangan beserta JP-nya.

    Seluruh berkas diperiksa lebih dahulu. Kode keluar 1: ada baris yang salah dan tidak ada yang dicatat;
    2: berkas tidak dapat dibaca.
    """


@import_group.command("activities")
@workbook
@partial
@report
@click.pass_obj
def import_activities_command(
    holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None
) -> None:
    """Impor daftar kegiatan; pegawainya harus sudah tercatat. JP yang diakui dihitung dari tabel konversi."""

    async def work(database: Database, content: bytes) -> Outcome:
        return await import_activities(database, SYSTEM, content, accept_partial=accept_partial)

    take_in(holder, "training", file, report_path, work)
