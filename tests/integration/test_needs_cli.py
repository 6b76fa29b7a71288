"""The import commands of an operator: what they print, write and answer with."""

import asyncio
import csv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from services.needs.app import SERVICE
from services.needs.cli import import_group
from services.needs.tables import EmployeeRow
from shared.db import Database
from tests.conftest import MakeDatabase
from tests.integration.agency import go_to

SAMPLES = Path(__file__).parent.parent / "samples"


class Holder:
    """Opens the database anew for each command, as the operator's program does."""

    def __init__(self, database: Database) -> None:
        self._like = database

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        assert service == "needs"
        database = Database(self._like.url, self._like.origin)
        try:
            yield database
        finally:
            await database.close()


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="needs", agency="medan", lineages=SERVICE.lineages)


async def command(database: Database, *arguments: str | Path) -> Result:
    given = [str(argument) for argument in arguments]
    return await asyncio.to_thread(CliRunner().invoke, import_group, given, obj=Holder(database))


async def number_of_employees(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(EmployeeRow)) or 0


async def test_samples_are_imported_and_counted(database: Database) -> None:
    units = await command(database, "units", SAMPLES / "unit.xlsx")
    employees = await command(database, "employees", SAMPLES / "pegawai.xlsx")
    again = await command(database, "employees", SAMPLES / "pegawai.xlsx")

    assert (units.exit_code, units.output) == (0, "Dibaca 15, baru 15, berubah 0, tetap 0, ditolak 0.\n")
    assert (employees.exit_code, employees.output) == (0, "Dibaca 500, baru 500, berubah 0, tetap 0, ditolak 0.\n")
    assert (again.exit_code, again.output) == (0, "Dibaca 500, baru 0, berubah 0, tetap 500, ditolak 0.\n")


async def test_bad_rows_are_listed_reported_and_answered_with_1(database: Database, tmp_path: Path) -> None:
    await command(database, "units", SAMPLES / "unit.xlsx")
    with (SAMPLES / "pegawai-rusak.csv").open(encoding="utf-8") as file:
        expected = [(line["row"], line["column"]) for line in csv.DictReader(file)]

    as_csv = await command(database, "employees", SAMPLES / "pegawai-rusak.xlsx", "--report", tmp_path / "salah.csv")
    as_xlsx = await command(database, "employees", SAMPLES / "pegawai-rusak.xlsx", "--report", tmp_path / "salah.xlsx")

    assert (as_csv.exit_code, as_xlsx.exit_code, await number_of_employees(database)) == (1, 1, 0)
    lines = [line for line in as_csv.stdout.splitlines() if line.startswith("  Baris ")]
    assert [line.split(":")[0] for line in lines] == [f"  Baris {row}, kolom {column}" for row, column in expected]
    with (tmp_path / "salah.csv").open(encoding="utf-8-sig") as file:
        assert [(line["Baris"], line["Kolom"]) for line in csv.DictReader(file)] == expected
    sheet = openpyxl.load_workbook(tmp_path / "salah.xlsx").worksheets[0]
    assert [(str(row[0]), row[1]) for row in sheet.iter_rows(min_row=2, values_only=True)] == expected


async def test_good_rows_are_imported_when_told_so(database: Database) -> None:
    await command(database, "units", SAMPLES / "unit.xlsx")

    partial = await command(database, "employees", SAMPLES / "pegawai-rusak.xlsx", "--accept-partial")

    assert (partial.exit_code, await number_of_employees(database)) == (0, 488)
    assert partial.stdout.endswith("Dibaca 500, baru 488, berubah 0, tetap 0, ditolak 12.\n")


async def test_file_that_is_no_table_is_answered_with_2_and_one_line(database: Database, tmp_path: Path) -> None:
    (tmp_path / "foto.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    with (tmp_path / "besar.xlsx").open("wb") as file:
        file.truncate(20 * 2**20)

    results = [await command(database, "employees", tmp_path / name) for name in ("foto.xlsx", "besar.xlsx")]

    assert [(result.exit_code, result.stdout, result.stderr.count("\n")) for result in results] == [(2, "", 1)] * 2
    assert "20,0 MB" in results[1].stderr


@pytest.mark.parametrize("report", ["salah.doc", "tidak-ada/salah.csv"])
async def test_report_that_cannot_be_written_is_refused_before_anything_happens(
    database: Database, tmp_path: Path, report: str
) -> None:
    await command(database, "units", SAMPLES / "unit.xlsx")

    result = await command(database, "employees", SAMPLES / "pegawai.xlsx", "--report", tmp_path / report)

    assert (result.exit_code, await number_of_employees(database)) == (2, 0)


async def test_template_can_be_imported_when_filled(database: Database, tmp_path: Path) -> None:
    await command(database, "template", "units", tmp_path / "unit.xlsx")
    book = openpyxl.load_workbook(tmp_path / "unit.xlsx")
    book["Data"].append(["1", "Kota Contoh", None, "Kota"])
    book.save(tmp_path / "unit.xlsx")

    result = await command(database, "units", tmp_path / "unit.xlsx")

    assert (result.exit_code, result.stdout) == (0, "Dibaca 1, baru 1, berubah 0, tetap 0, ditolak 0.\n")


async def test_evidence_is_imported_and_counted(database: Database) -> None:
    await go_to(database, date(2026, 6, 1))
    await command(database, "units", SAMPLES / "unit.xlsx")
    await command(database, "employees", SAMPLES / "pegawai.xlsx")

    results = [
        await command(database, kind, SAMPLES / name)
        for kind, name in (
            ("standards", "standar-kompetensi.xlsx"),
            ("assessments", "rekap-asesmen.xlsx"),
            ("performance", "skp.xlsx"),
        )
    ]

    assert [result.exit_code for result in results] == [0, 0, 0]
    assert [result.output.splitlines()[-1] for result in results] == [
        f"Dibaca {count}, baru {count}, berubah 0, tetap 0, ditolak 0." for count in (8, 200, 442)
    ]
    assert "Catatan (tidak menghalangi):" in results[1].output


@pytest.mark.parametrize("kind", ["units", "positions", "employees", "standards", "assessments", "performance"])
async def test_templates_have_a_guide_for_every_column(database: Database, tmp_path: Path, kind: str) -> None:
    await command(database, "template", kind, tmp_path / "templat.xlsx")

    book = openpyxl.load_workbook(tmp_path / "templat.xlsx")
    titles = [cell.value for cell in book["Data"][1]]
    guided = [row[0] for row in book["Petunjuk"].iter_rows(min_row=2, values_only=True)]
    assert titles == guided
    assert len(set(titles)) == len(titles) > 2
