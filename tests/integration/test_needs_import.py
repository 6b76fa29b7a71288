"""Master data goes in whole or not at all, once, and every change is told."""

import asyncio
from collections import Counter
from pathlib import Path

import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select, text

from services.needs import commands, queries
from services.needs.app import SERVICE
from services.needs.imports.checked import RecordT
from services.needs.imports.kinds import EMPLOYEES, POSITIONS, UNITS, ImportKind
from services.needs.imports.staging import ImportFile, apply, run_import, stage
from services.needs.tables import EmployeeRow, ImportRow, NeedsBase, StagedRow, UnitRow
from shared.audit import AuditEntry
from shared.db import Database
from shared.errors import Conflict
from shared.events.employees import EmployeeRecorded
from shared.events.reference import PositionRecorded, UnitRecorded
from shared.files.outcome import Outcome
from shared.identity.actor import SYSTEM
from shared.tables import Outbox
from tests.conftest import MakeDatabase

SAMPLES = Path(__file__).parent.parent / "samples"
HEADER = "NIP;Nama;Status Kepegawaian;Jabatan;Kelas Jabatan;Kode Unit;NIP Atasan;TMT"
CHIEF, HEAD, STAFF, RIVAL = (
    "197001011995011000",
    "197501012000011000",
    "198501012010011000",
    "197601012001011000",
)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="needs", agency="medan", lineages=SERVICE.lineages)


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with the units and the employees of the samples."""
    await take_in(database, UNITS, "unit.xlsx")
    await take_in(database, EMPLOYEES, "pegawai.xlsx")
    return database


async def take_in(
    database: Database, kind: ImportKind[RecordT], source: str, *, accept_partial: bool = False
) -> Outcome:
    """Take in a sample by its name, or the lines of a .csv."""
    path = SAMPLES / source if "\n" not in source else None
    file = ImportFile(name=path.name if path else "lain.csv", content=path.read_bytes() if path else source.encode())
    return await run_import(database, SYSTEM, kind, file, accept_partial=accept_partial)


def person(number: str, superior: str = "", *, unit: str = "1.01", position_class: str = "Pelaksana") -> str:
    return f"{number};Contoh Rekaan;PNS;Jabatan {position_class};{position_class};{unit};{superior};01/02/2020"


def people(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


async def events(database: Database, after: int = 0) -> list[Outbox]:
    async with database.session() as session:
        return list(await session.scalars(select(Outbox).where(Outbox.seq > after).order_by(Outbox.seq)))


async def last_event(database: Database) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.max(Outbox.seq))) or 0


async def counted(database: Database, table: type[UnitRow | EmployeeRow | StagedRow | AuditEntry]) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def head_numbers(database: Database) -> dict[str, str]:
    statement = select(UnitRow.code, EmployeeRow.employee_number).join(EmployeeRow, EmployeeRow.id == UnitRow.head_id)
    async with database.session() as session:
        return {row[0]: row[1] for row in await session.execute(statement)}


def figures(outcome: Outcome) -> tuple[str, int, int, int, int, int]:
    changes = outcome.changes
    return (
        outcome.status, outcome.rows_read, changes.added, changes.changed, changes.unchanged, outcome.refused,
    )  # fmt: skip


async def test_samples_are_taken_in_whole(database: Database) -> None:
    units = await take_in(database, UNITS, "unit.xlsx")
    employees = await take_in(database, EMPLOYEES, "pegawai.xlsx")

    assert figures(units) == ("APPLIED", 15, 15, 0, 0, 0)
    assert figures(employees) == ("APPLIED", 500, 500, 0, 0, 0)
    assert await counted(database, StagedRow) == 0
    told = Counter(event.headers["ce_type"] for event in await events(database))
    assert told == {UnitRecorded.type: 15, PositionRecorded.type: 11, EmployeeRecorded.type: 500}


async def test_events_say_what_is_recorded(filled: Database) -> None:
    told = {
        event.employee_number: event
        for row in await events(filled)
        if row.headers["ce_type"] == EmployeeRecorded.type and row.value
        for event in [EmployeeRecorded.model_validate_json(row.value)]
    }

    async with filled.session() as session:
        recorded = await queries.recorded_employees(session)
        units = await queries.recorded_units(session)
    for number, known in recorded.items():
        event, employee = told[number], known.employee
        superior = recorded[employee.superior_number].id if employee.superior_number else None
        headed = {units[code].id for code in units if units[code].head_id == known.id}
        assert (event.employee_id, event.name, event.email) == (known.id, employee.full_name, employee.email)
        assert (event.unit_id, event.superior_id) == (units[employee.unit_code].id, superior)
        assert (event.employment_type, event.valid_from) == (employee.employment_type, employee.valid_from)
        assert set(event.heads_unit_ids) == headed
    assert told.keys() == recorded.keys()


async def test_every_unit_with_people_has_the_head_that_its_superiors_point_to(filled: Database) -> None:
    heads = await head_numbers(filled)

    assert len(heads) == 14
    assert (heads["1.01"], heads["1.04"], heads["1.04.1"]) == (
        "197907122007111000", "196811091996022000", "198310212006101000",
    )  # fmt: skip


async def test_second_run_writes_nothing(filled: Database) -> None:
    before = await last_event(filled)

    units = await take_in(filled, UNITS, "unit.xlsx")
    employees = await take_in(filled, EMPLOYEES, "pegawai.xlsx")

    assert figures(units) == ("APPLIED", 15, 0, 0, 15, 0)
    assert figures(employees) == ("APPLIED", 500, 0, 0, 500, 0)
    assert await events(filled, after=before) == []


async def test_file_with_bad_rows_changes_nothing(database: Database) -> None:
    await take_in(database, UNITS, "unit.xlsx")
    before = await last_event(database)

    outcome = await take_in(database, EMPLOYEES, "pegawai-rusak.xlsx")

    assert figures(outcome) == ("REFUSED", 500, 0, 0, 0, 12)
    assert await counted(database, EmployeeRow) == 0
    assert await counted(database, StagedRow) == 0
    assert await events(database, after=before) == []
    async with database.session() as session:
        noted = await queries.import_of(session, outcome.import_id)
    assert (noted.status, noted.rows_refused, len(noted.problems)) == ("REFUSED", 12, 12)


async def test_good_rows_of_a_bad_file_are_applied_on_demand(database: Database) -> None:
    await take_in(database, UNITS, "unit.xlsx")

    outcome = await take_in(database, EMPLOYEES, "pegawai-rusak.xlsx", accept_partial=True)

    assert figures(outcome) == ("APPLIED", 500, 488, 0, 0, 12)
    assert await counted(database, EmployeeRow) == 488


async def test_row_under_a_refused_superior_waits_with_it(database: Database) -> None:
    await take_in(database, UNITS, "unit.xlsx")
    spoiled = person(HEAD, CHIEF).replace("PNS", "Honorer")
    file = people(person(CHIEF), spoiled, person(STAFF, HEAD), person(RIVAL, STAFF))

    refused = await take_in(database, EMPLOYEES, file)
    applied = await take_in(database, EMPLOYEES, file, accept_partial=True)

    assert [(error.row, error.column) for error in refused.errors] == [(3, "Status Kepegawaian")]
    assert [(error.row, error.column) for error in applied.errors] == [
        (3, "Status Kepegawaian"), (4, "NIP Atasan"), (5, "NIP Atasan"),
    ]  # fmt: skip
    assert figures(applied) == ("APPLIED", 4, 1, 0, 0, 3)


async def test_changed_row_alone_is_written_and_told(filled: Database) -> None:
    before = await last_event(filled)
    file = people(person("199110272025222000", "199005142015111000", unit="1.06"))

    outcome = await take_in(filled, EMPLOYEES, file)

    assert figures(outcome) == ("APPLIED", 1, 0, 1, 0, 0)
    told = await events(filled, after=before)
    assert [event.headers["ce_type"] for event in told] == [PositionRecorded.type, EmployeeRecorded.type]
    assert told[1].headers["ce_causationid"] == f"command:{outcome.import_id}"


async def test_new_head_and_former_head_are_both_told(database: Database) -> None:
    await take_in(database, UNITS, "unit.xlsx")
    chief = person(CHIEF, position_class="JPT Madya")
    head = person(HEAD, CHIEF, unit="1.04", position_class="Administrator")
    rival = person(RIVAL, HEAD, unit="1.04", position_class="Pengawas")
    await take_in(database, EMPLOYEES, people(chief, head, rival))
    before = await last_event(database)

    outcome = await take_in(
        database, EMPLOYEES, people(person(RIVAL, CHIEF, unit="1.04", position_class="JPT Pratama"))
    )

    told = [
        EmployeeRecorded.model_validate_json(event.value)
        for event in await events(database, after=before)
        if event.headers["ce_type"] == EmployeeRecorded.type and event.value
    ]
    assert figures(outcome) == ("APPLIED", 1, 0, 1, 0, 0)
    assert {event.employee_number: len(event.heads_unit_ids) for event in told} == {HEAD: 0, RIVAL: 1}
    assert (await head_numbers(database))["1.04"] == RIVAL


async def test_columns_that_a_file_lacks_leave_what_is_recorded(database: Database) -> None:
    await take_in(database, UNITS, "unit.xlsx")
    complete = people(f"{person(CHIEF)};contoh@contoh.example;02", header=f"{HEADER};Email;Kedudukan Hukum")
    await take_in(database, EMPLOYEES, complete)

    without = await take_in(database, EMPLOYEES, people(person(CHIEF)))
    emptied = await take_in(database, EMPLOYEES, people(f"{person(CHIEF)};", header=f"{HEADER};Email"))

    assert figures(without) == ("APPLIED", 1, 0, 0, 1, 0)
    assert figures(emptied) == ("APPLIED", 1, 0, 1, 0, 0)
    async with database.session() as session:
        known = (await queries.recorded_employees(session))[CHIEF].employee
    assert (known.email, known.legal_status) == (None, "02")


async def test_units_change_by_code_and_keep_a_type_that_the_file_lacks(filled: Database) -> None:
    before = await last_event(filled)

    outcome = await take_in(
        filled, UNITS, "Kode,Nama Unit,Kode Induk\n1.04,Dinas Kesehatan Kota,1\n1.11,Dinas Baru,1\n"
    )

    assert figures(outcome) == ("APPLIED", 2, 1, 1, 0, 0)
    told = [orjson.loads(event.value or b"") for event in await events(filled, after=before)]
    assert [(event["code"], event["name"], event["unit_type"]) for event in told] == [
        ("1.04", "Dinas Kesehatan Kota", "Dinas"), ("1.11", "Dinas Baru", None),
    ]  # fmt: skip


async def test_positions_are_recorded_once(database: Database) -> None:
    file = "Jabatan,Jenis Jabatan,Kelas Jabatan\n" + "Perawat Terampil,Fungsional,JF Terampil\n" * 2

    first = await take_in(database, POSITIONS, file)
    second = await take_in(database, POSITIONS, file)

    assert figures(first) == ("APPLIED", 2, 1, 0, 1, 0)
    assert figures(second) == ("APPLIED", 2, 0, 0, 2, 0)
    assert [event.headers["ce_type"] for event in await events(database)] == [PositionRecorded.type]


async def test_two_imports_at_once_record_everybody_once(database: Database) -> None:
    await take_in(database, UNITS, "unit.xlsx")

    both = await asyncio.gather(*(take_in(database, EMPLOYEES, "pegawai.xlsx") for _ in range(2)))

    assert sorted(figures(outcome) for outcome in both) == [
        ("APPLIED", 500, 0, 0, 500, 0),
        ("APPLIED", 500, 500, 0, 0, 0),
    ]
    told = Counter(event.key for event in await events(database) if event.headers["ce_type"] == EmployeeRecorded.type)
    assert set(told.values()) == {1}


async def test_import_is_judged_again_by_what_was_recorded_meanwhile(database: Database) -> None:
    await take_in(database, UNITS, "unit.xlsx")
    await take_in(database, EMPLOYEES, people(person(CHIEF), person(HEAD, CHIEF), person(STAFF)))
    turned = ImportFile(name="balik.csv", content=people(person(CHIEF, STAFF)).encode())
    async with database.transaction() as session:
        staged = await stage(session, SYSTEM, EMPLOYEES, turned)
    await take_in(database, EMPLOYEES, people(person(STAFF, HEAD)))

    async with database.transaction() as session:
        outcome = await apply(session, SYSTEM, EMPLOYEES, staged, accept_partial=False)

    assert figures(outcome) == ("REFUSED", 1, 0, 0, 0, 1)
    assert [(error.row, error.column) for error in outcome.errors] == [(2, "NIP Atasan")]


async def test_import_is_applied_once(database: Database) -> None:
    file = ImportFile(name="unit.xlsx", content=(SAMPLES / "unit.xlsx").read_bytes())
    async with database.transaction() as session:
        staged = await stage(session, SYSTEM, UNITS, file)
    async with database.transaction() as session:
        await apply(session, SYSTEM, UNITS, staged, accept_partial=False)

    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await apply(session, SYSTEM, UNITS, staged, accept_partial=False)


async def test_staged_rows_of_a_killed_import_are_forgotten_after_a_day(database: Database) -> None:
    file = ImportFile(name="unit.xlsx", content=(SAMPLES / "unit.xlsx").read_bytes())
    async with database.transaction() as session:
        old, _ = await stage(session, SYSTEM, UNITS, file)
        await session.execute(text("UPDATE imports SET created_at = created_at - interval '25 hours'"))
    async with database.transaction() as session:
        young, _ = await stage(session, SYSTEM, UNITS, file)

    async with database.transaction() as session:
        await stage(session, SYSTEM, UNITS, file)

    async with database.session() as session:
        kept = set(await session.scalars(select(StagedRow.import_id).distinct()))
        forgotten = (await session.get_one(ImportRow, old)).status
    assert (young in kept, old in kept, forgotten) == (True, False, "ABANDONED")


async def test_imports_are_audited_without_personal_data(filled: Database) -> None:
    async with filled.session() as session:
        entries = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))

    assert [(entry.action, entry.actor_id) for entry in entries] == [
        ("import.units", SYSTEM.id), ("import.employees", SYSTEM.id),
    ]  # fmt: skip
    assert entries[1].details == {
        "kind": "employees", "status": "APPLIED", "rows": 500, "refused": 0, "added": 500, "changed": 0, "unchanged": 0,
    }  # fmt: skip


async def test_master_data_can_be_read_while_an_import_holds_it(filled: Database) -> None:
    async with filled.transaction() as importing, filled.session() as reading:
        await commands.lock_master_data(importing)
        units = await queries.recorded_units(reading)

    assert len(units) == 15


async def test_tables_equal_the_migration(make_database: MakeDatabase) -> None:
    alone = await make_database(service="needs", agency="medan", lineages=[SERVICE.lineage])

    def differences(connection: Connection) -> list[object]:
        options = {"version_table": "needs_version", "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), NeedsBase.metadata))

    async with alone.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
