"""Commands that take a workbook in: their options, and how they say what became of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import click

from shared.db import Database
from shared.errors import DomainError
from shared.files.error_report import check_report_name, report_lines, write_report
from shared.files.outcome import Outcome
from shared.files.workbook import read_bounded

LINES_SHOWN = 100
BAD_ROWS = 1
REFUSED_FILE = 2


class DatabaseHolder(Protocol):
    """What the operator's program passes to these commands."""

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        """The database of a service."""


workbook = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
partial = click.option(
    "--accept-partial", is_flag=True, help="Catat baris yang benar walaupun ada baris yang salah (kode keluar 0)."
)
report = click.option(
    "--report",
    "report_path",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Tulis semua kesalahan ke berkas .csv atau .xlsx ini.",
)


def take_in(
    holder: DatabaseHolder,
    service: str,
    file: Path,
    report_path: Path | None,
    work: Callable[[Database, bytes], Awaitable[Outcome]],
) -> None:
    """Have the service take a workbook in and say what became of it; ends with 1 for bad rows, 2 for a bad file."""

    async def run() -> Outcome:
        content = read_bounded(file)
        async with holder.database(service) as database:
            return await work(database, content)

    try:
        if report_path is not None:
            check_report_name(report_path)
        outcome = asyncio.run(run())
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
    for heading, findings in (("Kesalahan:", outcome.errors), ("Catatan (tidak menghalangi):", outcome.notes)):
        if findings:
            click.echo(heading)
        for line in report_lines(findings[:LINES_SHOWN]):
            click.echo(f"  {line}")
        if len(findings) > LINES_SHOWN:
            click.echo(f"  … dan {len(findings) - LINES_SHOWN} lagi.")
    changes = outcome.changes
    click.echo(
        f"Dibaca {outcome.rows_read}, baru {changes.added}, berubah {changes.changed}, "
        f"tetap {changes.unchanged}, ditolak {outcome.refused}."
    )
    if outcome.status == "REFUSED":
        click.echo("Tidak ada yang dicatat. Perbaiki baris di atas, atau pakai --accept-partial.")
