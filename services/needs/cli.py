"""Operator commands of the needs service: master data in, templates out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from services.needs import rules
from services.needs.imports import assessments, employees, performance, positions, standards, units
from services.needs.imports.checked import RecordT
from services.needs.imports.kinds import (
    ASSESSMENTS,
    EMPLOYEES,
    PERFORMANCE,
    POSITIONS,
    STANDARDS,
    UNITS,
    ImportKind,
)
from services.needs.imports.staging import ImportFile, run_import
from services.needs.imports.templates import template
from shared.db import Database
from shared.files.columns import Column
from shared.files.outcome import Outcome
from shared.identity.actor import SYSTEM
from shared.operate.imports import DatabaseHolder, partial, report, take_in, workbook

_CORE = rules.CORE_COMPETENCIES.on(date.max)
_CODES = {competency.code for competency in _CORE}

TEMPLATES: dict[str, Sequence[Column[object]]] = {
    "units": units.COLUMNS,
    "positions": positions.COLUMNS,
    "employees": employees.columns(date.max),
    "standards": standards.columns(standards.competency_columns(_CORE, _CODES, standards.LEVELS)),
    "assessments": assessments.columns(standards.competency_columns(_CORE, _CODES, assessments.LEVELS), date.max),
    "performance": performance.columns(date.max),
}


@click.group("import")
def import_group() -> None:
    """Impor dari .xlsx atau .csv: unit, jabatan, pegawai, standar kompetensi, asesmen, hasil kinerja.

    Seluruh berkas diperiksa lebih dahulu. Kode keluar 1: ada baris yang salah dan tidak ada yang dicatat;
    2: berkas tidak dapat dibaca.
    """


@import_group.command("units")
@workbook
@partial
@report
@click.pass_obj
def import_units(holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None) -> None:
    """Impor daftar unit kerja."""
    _import(holder, UNITS, file, report_path, accept_partial=accept_partial)


@import_group.command("positions")
@workbook
@partial
@report
@click.pass_obj
def import_positions(holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None) -> None:
    """Impor daftar jabatan (daftar pegawai juga membawa jabatannya sendiri)."""
    _import(holder, POSITIONS, file, report_path, accept_partial=accept_partial)


@import_group.command("employees")
@workbook
@partial
@report
@click.pass_obj
def import_employees(holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None) -> None:
    """Impor daftar pegawai; unitnya harus sudah tercatat."""
    _import(holder, EMPLOYEES, file, report_path, accept_partial=accept_partial)


@import_group.command("standards")
@workbook
@partial
@report
@click.pass_obj
def import_standards(holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None) -> None:
    """Impor standar kompetensi per kelas jabatan."""
    _import(holder, STANDARDS, file, report_path, accept_partial=accept_partial)


@import_group.command("assessments")
@workbook
@partial
@report
@click.pass_obj
def import_assessments(holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None) -> None:
    """Impor rekap asesmen; total dan JPM pengirim disimpan di samping hitungan sendiri."""
    _import(holder, ASSESSMENTS, file, report_path, accept_partial=accept_partial)


@import_group.command("performance")
@workbook
@partial
@report
@click.pass_obj
def import_performance(holder: DatabaseHolder, file: Path, *, accept_partial: bool, report_path: Path | None) -> None:
    """Impor hasil kinerja (SKP) per tahun."""
    _import(holder, PERFORMANCE, file, report_path, accept_partial=accept_partial)


@import_group.command("template")
@click.argument("kind", type=click.Choice(sorted(TEMPLATES)))
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def write_template(kind: str, file: Path) -> None:
    """Tulis templat .xlsx kosong beserta petunjuk pengisiannya."""
    file.write_bytes(template(TEMPLATES[kind]))
    click.echo(f"Templat ditulis ke {file}.")


def _import(
    holder: DatabaseHolder, kind: ImportKind[RecordT], file: Path, report_path: Path | None, *, accept_partial: bool
) -> None:
    async def work(database: Database, content: bytes) -> Outcome:
        named = ImportFile(name=file.name, content=content)
        return await run_import(database, SYSTEM, kind, named, accept_partial=accept_partial)

    take_in(holder, "needs", file, report_path, work)
