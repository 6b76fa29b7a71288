"""Surveys of citizens from the organisation bureau's workbook: checked whole before any of it counts."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.commands.citizens import record_surveys
from services.evaluation.domain.citizens import ELEMENTS, EighthElement, Survey
from services.evaluation.queries import citizens as queries
from shared import audit
from shared.db import Database
from shared.files import parsers
from shared.files.columns import CellError, Column, ReadRow, RowError, read_rows
from shared.files.outcome import Changes, Outcome
from shared.files.workbook import Cell, CellKind, Table, read_table
from shared.identity.actor import Actor
from shared.ids import new_id

LOWEST, HIGHEST = 1, 4
MOST_RESPONDENTS = 1_000_000
CENT = Decimal("0.01")
QUARTERS = {"1": 1, "2": 2, "3": 3, "4": 4, "I": 1, "II": 2, "III": 3, "IV": 4}

_YEAR = re.compile(r"\b(20[0-9]{2})\b")
_QUARTER = re.compile(r"(?:TW|TRIWULAN|Q|KUARTAL)?[\s.-]*\b(IV|I{1,3}|[1-4])\b|(?:TW|Q)([1-4])\b")
_NUMBER = re.compile(r"[0-9]{1,6}([.,][0-9]{1,20})?")


def period(cell: Cell) -> tuple[int, int]:
    """A year and a quarter, as in 2026 TW1 or Triwulan II 2026."""
    written = str(cell.value).upper() if cell.kind is CellKind.TEXT else ""
    year = _YEAR.search(written)
    quarter = _QUARTER.search(written.replace(year[0], " ")) if year else None
    if year is None or quarter is None:
        raise CellError("bukan triwulan; tulis misalnya 2026 TW1")
    return int(year[1]), QUARTERS[quarter[1] or quarter[2]]


def whole(cell: Cell) -> int:
    """A whole number of at least 1."""
    number = _number(cell)
    if number != number.to_integral_value() or not 1 <= number <= MOST_RESPONDENTS * HIGHEST:
        raise CellError("harus bilangan bulat, paling sedikit 1")
    return int(number)


def index(cell: Cell) -> Decimal:
    """An index of 25 to 100; the digits that a spreadsheet's own arithmetic adds are rounded away."""
    number = _number(cell).quantize(CENT, ROUND_HALF_UP)
    if not 25 <= number <= 100:  # noqa: PLR2004 the scale of the index
        raise CellError("indeks harus antara 25 dan 100")
    return number


def weight(cell: Cell) -> Decimal:
    """The weight of one element, as in 0,11 or 0,111."""
    number = _number(cell)
    if not 0 < number <= 1:
        raise CellError("bobot harus antara 0 dan 1, misalnya 0,11")
    return number.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _number(cell: Cell) -> Decimal:
    written = str(cell.value)
    if cell.kind not in {CellKind.NUMBER, CellKind.TEXT} or not _NUMBER.fullmatch(written):
        raise CellError("bukan bilangan")
    return Decimal(written.replace(",", "."))


UNIT_CODE = Column(
    name="Kode Unit",
    parse=parsers.code,
    aliases=("Kode Unit Kerja", "Kode UPP", "Kode OPD"),
    note="Kode dari daftar unit.",
    example="1.04",
)
UNIT_NAME = Column(
    name="Unit",
    parse=parsers.text,
    aliases=("Nama Unit", "Unit Pelayanan", "Unit Kerja"),
    note="Nama unit layanan.",
    example="Dinas Kesehatan",
)
PERIOD = Column(name="Periode", parse=period, aliases=("Triwulan",), note="Tahun dan triwulan.", example="2026 TW1")
RESPONDENTS = Column(
    name="Responden",
    parse=whole,
    aliases=("Jumlah Responden", "Jml Responden"),
    note="Banyaknya responden.",
    example="99",
)
SUMS = tuple(
    Column(name=name, parse=whole, note=f"Jumlah nilai (1–4) semua responden untuk unsur {name}.", example="322")
    for name in ELEMENTS
)
OFFICIAL_INDEX = Column(
    name="IKM Resmi",
    parse=index,
    aliases=("IKM", "Nilai IKM", "Indeks"),
    required=False,
    filled=False,
    note="Indeks yang dipublikasikan; disimpan apa adanya di samping hitungan tepat.",
    example="82.36",
)
OFFICIAL_WEIGHT = Column(
    name="Bobot",
    parse=weight,
    aliases=("Bobot Nilai Rata-rata Tertimbang", "Nilai Penimbang"),
    required=False,
    filled=False,
    note="Bobot per unsur yang dipakai pengirim.",
    example="0,11",
)
COLUMNS: tuple[Column[object], ...] = (
    UNIT_CODE,
    UNIT_NAME,
    PERIOD,
    RESPONDENTS,
    *SUMS,
    OFFICIAL_INDEX,
    OFFICIAL_WEIGHT,
)


@dataclass(slots=True, kw_only=True)
class Checked:
    """The good rows by number, and what is wrong with the others."""

    rows_read: int
    surveys: dict[int, Survey] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)


async def import_surveys(
    database: Database, actor: Actor, content: bytes, eighth_element: EighthElement, *, accept_partial: bool
) -> Outcome:
    """Take a file in, in one transaction; raises WorkbookRefused when it cannot be read at all."""
    table = read_table(content, COLUMNS)
    checked = check(table, eighth_element)
    refused = len({error.row for error in checked.errors})
    applied = accept_partial or not checked.errors
    changes, notes = Changes(added=0, changed=0, unchanged=0), list[RowError]()
    async with database.transaction() as session:
        import_id = new_id()
        session.info["cause"] = f"command:{import_id}"
        if applied:
            changes = await record_surveys(session, actor, list(checked.surveys.values()))
            notes = await _unknown_units(session, table, checked)
        status: Literal["APPLIED", "REFUSED"] = "APPLIED" if applied else "REFUSED"
        details = {"status": status, "rows": checked.rows_read, "refused": refused}
        digest = hashlib.sha256(content).hexdigest()
        audit.record(session, actor, "import.citizen_survey", "import", import_id, {**details, "sha256": digest})
    return Outcome(
        import_id=import_id,
        status=status,
        rows_read=checked.rows_read,
        changes=changes,
        refused=refused,
        errors=checked.errors,
        notes=notes,
    )


def check(table: Table, eighth_element: EighthElement) -> Checked:
    """Check every row against itself and the others."""
    checked = Checked(rows_read=len(table.rows))
    first: dict[tuple[str, tuple[int, int]], int] = {}
    for row in read_rows(table, COLUMNS):
        errors = list(row.errors) or _faults(row, table)
        key = (UNIT_CODE.of(row), PERIOD.of(row))
        if not errors and key[0] is not None and key[1] is not None:
            earlier = first.setdefault((key[0], key[1]), row.number)
            if earlier != row.number:
                errors = [_at(table, row, PERIOD.name, f"unit dan triwulan ini sudah ada di baris {earlier}")]
        checked.errors += errors
        if not errors:
            checked.surveys[row.number] = _survey(row, eighth_element)
    return checked


def _faults(row: ReadRow, table: Table) -> list[RowError]:
    """Sums that so many answers of 1 to 4 cannot have."""
    respondents = RESPONDENTS.given(row)
    lowest, highest = LOWEST * respondents, HIGHEST * respondents
    reason = f"jumlah nilai harus antara {lowest} dan {highest} untuk {respondents} responden"
    return [_at(table, row, column.name, reason) for column in SUMS if not lowest <= column.given(row) <= highest]


def _at(table: Table, row: ReadRow, column: str, reason: str) -> RowError:
    return RowError(row=row.number, column=table.titles.get(column, column), reason=reason)


def _survey(row: ReadRow, eighth_element: EighthElement) -> Survey:
    year, quarter = PERIOD.given(row)
    return Survey(
        unit_code=UNIT_CODE.given(row),
        unit_name=UNIT_NAME.given(row),
        year=year,
        quarter=quarter,
        respondents=RESPONDENTS.given(row),
        sums={column.name: column.given(row) for column in SUMS},
        official_index=OFFICIAL_INDEX.of(row),
        official_weight=OFFICIAL_WEIGHT.of(row),
        eighth_element=eighth_element,
    )


async def _unknown_units(session: AsyncSession, table: Table, checked: Checked) -> list[RowError]:
    known = await queries.unit_ids(session)
    title = table.titles.get(UNIT_CODE.name, UNIT_CODE.name)
    return [
        RowError(row=number, column=title, reason="kode unit ini belum ada dalam direktori")
        for number, survey in checked.surveys.items()
        if survey.unit_code not in known
    ]
