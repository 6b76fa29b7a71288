"""The columns that describe a position, alone or within an employee list."""

from services.needs.domain.positions import JobKind, Position, PositionClass
from services.needs.imports.checked import Checked, Findings
from shared.files import parsers
from shared.files.columns import Column, ReadRow, read_rows
from shared.files.workbook import Table

JOB_KINDS = {
    "Struktural": JobKind.STRUCTURAL,
    "Jabatan Struktural": JobKind.STRUCTURAL,
    "Fungsional": JobKind.FUNCTIONAL,
    "Jabatan Fungsional": JobKind.FUNCTIONAL,
    "Fungsional Tertentu": JobKind.FUNCTIONAL,
    "Pelaksana": JobKind.EXECUTOR,
    "Jabatan Pelaksana": JobKind.EXECUTOR,
    "Fungsional Umum": JobKind.EXECUTOR,
}
_TOP_CLASSES = {
    "Utama": PositionClass.JPT_UTAMA,
    "Madya": PositionClass.JPT_MADYA,
    "Pratama": PositionClass.JPT_PRATAMA,
}
_FUNCTIONAL_CLASSES = {
    "Pemula": PositionClass.JF_PEMULA,
    "Terampil": PositionClass.JF_TERAMPIL,
    "Mahir": PositionClass.JF_MAHIR,
    "Penyelia": PositionClass.JF_PENYELIA,
    "Ahli Pertama": PositionClass.JF_AHLI_PERTAMA,
    "Ahli Muda": PositionClass.JF_AHLI_MUDA,
    "Ahli Madya": PositionClass.JF_AHLI_MADYA,
    "Ahli Utama": PositionClass.JF_AHLI_UTAMA,
}
CLASSES = {
    **{f"JPT {word}": value for word, value in _TOP_CLASSES.items()},
    **{f"Pimpinan Tinggi {word}": value for word, value in _TOP_CLASSES.items()},
    **{f"Jabatan Pimpinan Tinggi {word}": value for word, value in _TOP_CLASSES.items()},
    "Administrator": PositionClass.ADMINISTRATOR,
    "Pengawas": PositionClass.PENGAWAS,
    "Pelaksana": PositionClass.PELAKSANA,
    **{f"JF {word}": value for word, value in _FUNCTIONAL_CLASSES.items()},
    **_FUNCTIONAL_CLASSES,
}
TITLE = Column(
    name="Jabatan",
    parse=parsers.text,
    aliases=("Nama Jabatan",),
    note="Nama jabatan lengkap dengan jenjangnya.",
    example="Perawat Terampil",
)
KIND = Column(
    name="Jenis Jabatan",
    parse=parsers.choice(JOB_KINDS, "jenis jabatan tidak dikenal; yang dikenal: Struktural, Fungsional, Pelaksana"),
    required=False,
    filled=False,
    note="Struktural, Fungsional atau Pelaksana.",
    example="Fungsional",
)
CLASS = Column(
    name="Kelas Jabatan",
    parse=parsers.choice(
        CLASSES,
        "kelas jabatan tidak dikenal; yang dikenal: JPT Utama, JPT Madya, JPT Pratama, Administrator, Pengawas, "
        "Pelaksana, dan JF Pemula sampai JF Ahli Utama",
    ),
    aliases=("Jenjang Jabatan", "Jenjang"),
    note="JPT Pratama, Administrator, Pengawas, Pelaksana, JF Terampil, JF Ahli Muda, …",
    example="JF Terampil",
)
COLUMNS: tuple[Column[object], ...] = (TITLE, KIND, CLASS)


def check(table: Table) -> Checked[Position]:
    """Check a list of positions; the same position twice is one position."""
    rows = read_rows(table, COLUMNS)
    findings = Findings(table, rows)
    for row in rows:
        check_class(row, findings)
    bad = findings.bad_rows
    records = {row.number: position_of(row) for row in rows if row.number not in bad}
    return Checked(titles=table.titles, rows_read=len(rows), records=records, errors=findings.errors)


def check_class(row: ReadRow, findings: Findings) -> None:
    """The class of a position must belong to the kind that the file gives."""
    kind, position_class = KIND.of(row), CLASS.of(row)
    if kind is not None and position_class is not None and position_class.job_kind is not kind:
        findings.add(row, CLASS, "kelas jabatan ini tidak termasuk jenis jabatan di baris yang sama")


def position_of(row: ReadRow) -> Position:
    """The position of a row without errors."""
    return Position(title=TITLE.given(row), position_class=CLASS.given(row))
