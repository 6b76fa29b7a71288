"""Workbooks of a made-up agency of any size, as its personnel office would send them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]

from services.demo import agency
from services.demo.dice import Dice
from services.needs.domain.people import Employee, EmploymentType
from services.needs.imports.positions import CLASSES

TODAY = date(2026, 1, 5)
SPELT = {position_class: words for words, position_class in reversed(CLASSES.items())}
EMPLOYMENTS = {EmploymentType.PPPK_PARUH_WAKTU: "PPPK Paruh Waktu"}
UNIT_COLUMNS = ("Kode", "Nama Unit", "Kode Induk", "Jenis")
EMPLOYEE_COLUMNS = (
    *("NIP", "Nama", "Gelar Belakang", "Status Kepegawaian", "Jabatan", "Kelas Jabatan"),
    *("Kode Unit", "NIP Atasan", "TMT"),
)


def workbooks(people: int, folder: Path) -> tuple[Path, Path]:
    """The units of an agency of so many people, and the people."""
    tree = agency.units(people)
    staff = agency.staff(people, tree, agency.Register(Dice(1), TODAY, set()))
    units = ((unit.code, unit.name, unit.parent_code or "", unit.unit_type or "") for unit in tree)
    return (
        _write(folder / "unit.xlsx", UNIT_COLUMNS, units),
        _write(folder / "pegawai.xlsx", EMPLOYEE_COLUMNS, map(_row, staff)),
    )


def _row(person: Employee) -> Sequence[str]:
    return (
        person.employee_number,
        person.name,
        person.title_after or "",
        EMPLOYMENTS.get(person.employment_type, person.employment_type.value),
        person.position.title,
        SPELT[person.position.position_class],
        person.unit_code,
        person.superior_number or "",
        f"{person.valid_from:%d/%m/%Y}",
    )


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((columns, *rows)):
            for column, value in enumerate(row):
                sheet.write_string(number, column, value)
    return path
