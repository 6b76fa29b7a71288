"""What people of the demo attended elsewhere: certificates they bring, and some that turn out not to hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import text

from services.demo.stage import Stage
from services.training import commands
from services.training.imports.intake import import_activities

BROUGHT = 0.03
REVOKED = 0.02
REVOKED_AFTER, REVOKED_UNTIL = timedelta(days=20), timedelta(days=80)

COLUMNS = (
    "Tanggal Mulai",
    "Tanggal Selesai",
    "Nama Kegiatan",
    "Penyelenggara Kegiatan",
    "Total Jam Pelajaran",
    "NIP Peserta",
    "Kode Jenis Pengembangan",
    "Lingkup",
)
KINDS = (
    ("B6", "Seminar Nasional Tata Kelola Pemerintahan", 8, 1),
    ("B6", "Sarasehan Pelayanan Publik Daerah", 4, 1),
    ("B7", "Lokakarya Penyusunan Anggaran", 10, 2),
    ("B10", "Bimbingan Teknis Pengadaan Barang dan Jasa", 16, 2),
    ("B8", "Kursus Bahasa Inggris Dasar", 20, 5),
    ("C3", "Kursus Daring Literasi Digital", 6, 3),
    ("C4", "Pelatihan Jarak Jauh Analisis Data", 12, 3),
    ("C9", "Belajar Mandiri Regulasi Kepegawaian", 4, 2),
    ("C10", "Pertemuan Komunitas Belajar", 4, 1),
)
PROVIDERS = ("BPSDM Provinsi", "Universitas Rekaan", "Pusat Pelatihan Contoh", "Komunitas Praktisi Rekaan")
ABROAD = 0.04

AT_WORK = text("SELECT employee_number FROM directory_employees WHERE legal_status = '01' ORDER BY employee_number")
BROUGHT_BEFORE = text(
    "SELECT a.id, a.ends_on, e.employee_number FROM activities a JOIN directory_employees e ON e.id = a.employee_id"
    " WHERE a.origin = 'IMPORT' AND a.counts AND a.ends_on BETWEEN :first AND :last ORDER BY a.id"
)


async def bring_certificates(stage: Stage) -> int:
    """Enter what people attended elsewhere, as the list that the agency keeps of it; returns how much was new."""
    async with stage.database.session() as session:
        numbers = list(await session.scalars(AT_WORK))
    lines = [_line(stage, each) for each in numbers if stage.dice.chance(BROUGHT, "attended", each, stage.today)]
    if not lines:
        return 0
    outcome = await import_activities(stage.database, stage.analyst(), _file(lines), accept_partial=True)
    return outcome.changes.added


async def doubt_certificates(stage: Stage) -> int:
    """Revoke what does not hold; returns how many."""
    days = {"first": stage.today - REVOKED_UNTIL, "last": stage.today - REVOKED_AFTER}
    async with stage.transaction() as session:
        doubtful = [
            row.id
            for row in await session.execute(BROUGHT_BEFORE, days)
            if stage.dice.chance(REVOKED, "does not hold", row.employee_number, row.ends_on)
        ]
        for activity_id in doubtful:
            await commands.revoke_activity(session, stage.analyst(), activity_id, "NOT_GENUINE")
    return len(doubtful)


def _line(stage: Stage, number: str) -> tuple[str, ...]:
    dice, words = stage.dice, (number, stage.today)
    code, title, hours, days = dice.pick(KINDS, "what", *words)
    last = stage.today - timedelta(days=dice.between(1, 14, "when", *words))
    first = last - timedelta(days=days - 1)
    abroad = code == "B6" and dice.chance(ABROAD, "abroad", *words)
    claimed = hours + dice.pick((0, 0, 0, 2), "claimed", *words)
    return (
        f"{first:%d-%m-%Y}",
        f"{last:%d-%m-%Y}",
        title,
        dice.pick(PROVIDERS, "provider", *words),
        str(claimed),
        number,
        code,
        "Internasional" if abroad else "Nasional",
    )


def _file(lines: Iterable[tuple[str, ...]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([COLUMNS, *lines])
    return written.getvalue().encode()
