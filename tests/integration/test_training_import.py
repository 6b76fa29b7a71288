"""An agency's list of activities on a real database: entered whole or not at all, once however often it comes."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from services.training.app import SERVICE
from services.training.cli import import_group
from services.training.commands import revoke_activity
from services.training.domain import Scope
from services.training.imports.intake import import_activities
from shared import clock
from shared.db import Database, Origin
from shared.files.outcome import Changes, Outcome
from shared.files.workbook import WorkbookRefused, read_table
from shared.identity.actor import SYSTEM
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.asked import activities, consumer_of, employee, ledger, session_held
from tests.integration.classroom import told
from tests.records import record_of

SAMPLE = Path(__file__).parents[1] / "samples" / "kegiatan-20jp.xlsx"
ANI = "199001012015011000"
TITLES = ("Tanggal Mulai", "Tanggal Selesai", "Kegiatan", "Penyelenggara", "JP", "NIP", "Kode Jenis", "Lingkup")


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """A database where every day of the sample has passed."""
    database = await make_database(service="training", agency="medan", lineages=SERVICE.lineages)
    async with database.transaction() as session:
        await clock.advance(session, timedelta(days=60), simulation=True)
    return database


def sheet(*rows: Sequence[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([TITLES, *rows])
    return written.getvalue().encode()


def line(day: str, code: str, claimed: str = "8", title: str = "Kegiatan Rekaan", scope: str = "") -> Sequence[str]:
    return (day, day, title, "Lembaga Rekaan", claimed, ANI, code, scope)


async def enter(database: Database, content: bytes, *, accept_partial: bool = False) -> Outcome:
    return await import_activities(database, SYSTEM, content, accept_partial=accept_partial)


async def ani(database: Database) -> UUID:
    employee_id = new_id()
    await consumer_of(database).take([record_of(employee(employee_id, employee_number=ANI))])
    return employee_id


async def people_of_sample(database: Database) -> dict[str, UUID]:
    """Everybody the sample names, put into the directory."""
    rows = read_table(SAMPLE, [_Named()]).rows
    numbers = sorted({str(row.cells["NIP Peserta"].value) for row in rows})
    ids = {number: new_id() for number in numbers}
    records = [record_of(employee(each, employee_number=number)) for number, each in ids.items()]
    await consumer_of(database).take(records)
    return ids


class _Named:
    name = "NIP Peserta"
    aliases: tuple[str, ...] = ()
    required = True


async def test_sample_counts_as_claimed_where_the_table_says_the_same(database: Database) -> None:
    ids = await people_of_sample(database)

    first = await enter(database, SAMPLE.read_bytes())
    again = await enter(database, SAMPLE.read_bytes())

    assert (first.status, first.rows_read, first.refused) == ("APPLIED", 716, 0)
    assert first.changes == Changes(added=716)
    assert again.changes == Changes(unchanged=716)
    rows = await activities(database)
    assert {row.employee_id for row in rows} == set(ids.values())
    worth = {"B5": 20, "B6": 4, "B7": 10, "B8": 30, "B10": 12, "B11": 4, "C1": 2, "C2": 2, "C3": 6}
    assert [row.credited_hours for row in rows] == [worth[row.form_code] for row in rows]
    assert len(await told(database)) == len(rows) == len(await ledger(database))


async def test_row_that_changed_is_reversed_and_credited_anew(database: Database) -> None:
    await ani(database)
    await enter(database, sheet(line("04/03/2026", "B10", "8")))

    outcome = await enter(database, sheet(line("04/03/2026", "B10", "12"), line("05/03/2026", "B10", "6")))

    assert outcome.changes == Changes(added=1, changed=1)
    assert [(row.hours, row.reversal_reason) for row in await ledger(database)] == [
        (8, "CORRECTED"),
        (12, None),
        (6, None),
    ]


async def test_claim_is_kept_beside_what_counts(database: Database) -> None:
    await ani(database)

    await enter(
        database,
        sheet(line("04/03/2026", "B6", "8"), line("05/03/2026", "B9", "22.5", scope="Internasional")),
    )

    rows = await activities(database)
    assert [(float(row.claimed_hours or 0), row.credited_hours, row.scope) for row in rows] == [
        (8.0, 4, Scope.NATIONAL),
        (22.5, 26, Scope.INTERNATIONAL),
    ]


async def test_imported_sessions_share_the_limit_of_the_month_with_confirmed_ones(database: Database) -> None:
    employee_id = await ani(database)
    await consumer_of(database).take([session_held(employee_id, date(2026, 4, day)) for day in (10, 20)])

    await enter(database, sheet(line("01/04/2026", "C2", "2")))

    assert [row.credited_hours for row in await activities(database)] == [2, 2, 0]


async def test_revoked_activity_gives_its_place_to_others_and_stays_out_when_the_file_comes_again(
    database: Database,
) -> None:
    await ani(database)
    content = sheet(*(line(f"{day:02d}/04/2026", "C1", "2") for day in (1, 2, 3)))
    await enter(database, content)
    first, *_ = await activities(database)

    async with database.transaction() as session:
        await revoke_activity(session, SYSTEM, first.id, "FORGED")
    await enter(database, content)

    assert [(row.credited_hours, row.credited_limit) for row in await activities(database)] == [
        (0, "REVOKED"),
        (2, None),
        (2, None),
    ]
    assert [row.reversal_reason for row in await ledger(database)] == ["CORRECTED", None, None]


async def test_file_with_a_fault_is_entered_only_when_asked_to_leave_it_out(database: Database) -> None:
    await ani(database)
    content = sheet(line("04/03/2026", "B6"), line("05/03/2026", "B99"))

    refused = await enter(database, content)
    nothing = await activities(database)
    partial = await enter(database, content, accept_partial=True)

    assert (refused.status, refused.changes, refused.refused) == ("REFUSED", Changes(), 1)
    assert list(nothing) == []
    assert (partial.status, partial.changes, len(await activities(database))) == ("APPLIED", Changes(added=1), 1)


async def test_file_that_is_no_table_is_refused_as_a_whole(database: Database) -> None:
    with pytest.raises(WorkbookRefused):
        await enter(database, b"PK\x03\x04 rusak")


async def test_two_of_the_same_file_at_once_count_once(database: Database) -> None:
    await ani(database)
    content = sheet(*(line(f"{day:02d}/03/2026", "B6") for day in range(1, 20)))

    await asyncio.gather(*(enter(database, content) for _ in range(3)))

    assert [row.credited_hours for row in await activities(database)] == [4] * 19
    assert len(await told(database)) == 19


class Holder:
    """Opens the database anew, as the operator's program does, in whatever loop the command runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def database(self, service: str) -> AbstractAsyncContextManager[Database]:
        return self._opened(service)

    @asynccontextmanager
    async def _opened(self, service: str) -> AsyncIterator[Database]:
        database = Database(self.url, Origin(agency="medan", service=service))
        try:
            yield database
        finally:
            await database.close()


async def test_command_reports_what_became_of_the_file(database: Database, tmp_path: Path) -> None:
    await ani(database)
    good, bad = tmp_path / "baik.csv", tmp_path / "salah.csv"
    good.write_bytes(sheet(line("04/03/2026", "B6")))
    bad.write_bytes(sheet(line("04/03/2026", "B6"), line("05/03/2026", "B99")))
    report = tmp_path / "laporan.csv"

    async def command(*arguments: str) -> tuple[int, str]:
        result = await asyncio.to_thread(
            CliRunner().invoke, import_group, ["activities", *arguments], obj=Holder(database.url)
        )
        return result.exit_code, result.output

    refused, reported = await command(str(bad), "--report", str(report))
    accepted, told_of = await command(str(good))
    unreadable, why = await command(str(report))

    assert (refused, accepted, unreadable) == (1, 0, 2)
    assert "Baris 3, kolom Kode Jenis: kode bentuk pengembangan tidak dikenal" in reported
    assert "Tidak ada yang dicatat" in reported
    assert "Kode Jenis" in report.read_text("utf-8-sig")
    assert "Dibaca 1, baru 1, berubah 0, tetap 0, ditolak 0." in told_of
    assert "Judul kolom tidak ditemukan" in why
    async with database.session() as session:
        entries = await session.execute(text("SELECT details->>'status' FROM audit_entries ORDER BY id"))
        assert [each for (each,) in entries] == ["REFUSED", "APPLIED"]
