"""Surveys of citizens: the bureau's workbook goes in, the official index and the exact one come out."""

import asyncio
from collections.abc import AsyncIterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from services.evaluation.app import SERVICE
from services.evaluation.cli import import_group
from shared.db import Database
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.test_evaluation_journeys import Holder

SAMPLE = Path(__file__).parent.parent / "samples" / "skm-triwulan.xlsx"
HEADER = 4


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="evaluation", agency="medan", lineages=lineages)) as house:
        yield house


async def command(database: Database, *arguments: str | Path) -> Result:
    given = ["citizen-surveys", *(str(argument) for argument in arguments)]
    return await asyncio.to_thread(CliRunner().invoke, import_group, given, obj=Holder(database))


def sample_rows() -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(SAMPLE).worksheets[0]
    titles, *rows = sheet.iter_rows(min_row=HEADER, values_only=True)
    return [{str(title): value for title, value in zip(titles, row, strict=True)} for row in rows]


def two_decimals(exact: Fraction) -> str:
    number = Decimal(exact.numerator) / Decimal(exact.denominator)
    return str(number.quantize(Decimal("0.01"), ROUND_HALF_UP))


def exact_of(row: dict[str, Any]) -> Fraction:
    return Fraction(sum(int(row[f"U{number}"]) for number in range(1, 10)) * 25, int(row["Responden"]) * 9)


def changed(folder: Path, changes: dict[str, str | int]) -> Path:
    book = openpyxl.load_workbook(SAMPLE)
    for cell, value in changes.items():
        book.worksheets[0][cell] = value
    path = folder / "skm.xlsx"
    book.save(path)
    return path


async def test_sample_is_imported_once_and_shown_beside_the_exact_index(house: House) -> None:
    first, again = await command(house.database, SAMPLE), await command(house.database, SAMPLE)
    person = await house.person()

    shown = (await person.get("/evaluation/citizen-surveys?year=2026")).json()

    assert (first.exit_code, first.output.splitlines()[-1]) == (0, "Dibaca 39, baru 39, berubah 0, tetap 0, ditolak 0.")
    assert again.output.splitlines()[-1] == "Dibaca 39, baru 0, berubah 0, tetap 39, ditolak 0."
    rows = {(row["Kode Unit"], row["Periode"]): row for row in sample_rows()}
    found = {(s["unit_code"], f"{s['year']} TW{s['quarter']}"): s for s in shown["surveys"]}
    assert {key: (s["exact_index"], s["official_index"]) for key, s in found.items()} == {
        key: (two_decimals(exact_of(row)), str(Decimal(str(row["IKM Resmi"])).quantize(Decimal("0.01"))))
        for key, row in rows.items()
    }
    assert all(
        Decimal(s["difference"]) == Decimal(s["official_index"]) - Decimal(s["exact_index"]) for s in found.values()
    )
    assert {s["official_weight"] for s in found.values()} == {"0.1100"}
    assert {key: s["sums"]["U1"] for key, s in found.items()} == {key: int(row["U1"]) for key, row in rows.items()}


async def test_agency_index_of_the_sample_is_the_mean_of_its_units(house: House) -> None:
    await command(house.database, SAMPLE)
    person = await house.person()

    agency = (await person.get("/evaluation/citizen-surveys")).json()["agency"]

    quarters: dict[str, list[dict[str, Any]]] = {}
    for row in sample_rows():
        quarters.setdefault(row["Periode"], []).append(row)
    expected = {
        period: (
            two_decimals(sum((exact_of(row) for row in rows), Fraction(0)) / len(rows)),
            two_decimals(
                Fraction(
                    sum(row[f"U{n}"] for row in rows for n in range(1, 10)) * 25, sum(r["Responden"] for r in rows) * 9
                )
            ),
        )
        for period, rows in quarters.items()
    }
    assert {f"{a['year']} TW{a['quarter']}": (a["index"], a["pooled_index"]) for a in agency} == expected


async def test_bad_rows_are_named_and_nothing_is_recorded_unless_told_to(house: House, tmp_path: Path) -> None:
    path = changed(tmp_path, {"C5": "kapan-kapan", "E6": 10_000, "D7": "banyak", "N8": 130, "C12": "2026 TW1"})
    person = await house.person()

    refused = await command(house.database, path)
    nothing = (await person.get("/evaluation/citizen-surveys")).json()["surveys"]
    partly = await command(house.database, path, "--accept-partial")

    assert refused.exit_code == 1
    lines = [line.split(":")[0] for line in refused.output.splitlines() if line.startswith("  Baris ")]
    assert lines == [
        "  Baris 5, kolom Periode",
        "  Baris 6, kolom U1",
        "  Baris 7, kolom Responden",
        "  Baris 8, kolom IKM Resmi",
        "  Baris 12, kolom Periode",
    ]
    assert nothing == []
    assert partly.output.splitlines()[-1] == "Dibaca 39, baru 34, berubah 0, tetap 0, ditolak 5."


async def test_corrected_survey_replaces_the_one_before(house: House, tmp_path: Path) -> None:
    await command(house.database, SAMPLE)
    person = await house.person()

    corrected = await command(house.database, changed(tmp_path, {"J5": 330}), "--u8", "pengaduan")

    assert corrected.output.splitlines()[-1] == "Dibaca 39, baru 0, berubah 39, tetap 0, ditolak 0."
    [shown] = [
        s
        for s in (await person.get("/evaluation/citizen-surveys?year=2026&unit_code=1.02")).json()["surveys"]
        if s["quarter"] == 1
    ]
    assert (shown["elements"]["U6"], shown["eighth_element"]) == ("83.33", "COMPLAINTS")


async def test_file_that_is_no_workbook_is_refused(house: House, tmp_path: Path) -> None:
    path = tmp_path / "catatan.xlsx"
    path.write_bytes(b"bukan buku kerja")

    assert (await command(house.database, path)).exit_code == 2
