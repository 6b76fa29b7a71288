"""A made-up city for the tests of needs: units and 500 people from the workbooks, and who may decide for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, text

from services.needs.commands import standards
from services.needs.commands.assessments import Assessment, record_assessments
from services.needs.domain.evidence import EvidenceKind
from services.needs.imports.checked import RecordT
from services.needs.imports.kinds import ImportKind
from services.needs.imports.staging import ImportFile, run_import
from services.needs.tables import EmployeeRow, NeedRow, PositionRow, UnitRow
from shared.db import Database, Origin
from shared.files.outcome import Outcome
from shared.identity.actor import SYSTEM
from shared.ids import new_id

SAMPLES = Path(__file__).parent.parent / "samples"
COMPETENCY = "PELAYANAN_PUBLIK"


async def take_in(database: Database, kind: ImportKind[RecordT], source: str) -> Outcome:
    """Take in a sample by its name, or the lines of a .csv."""
    path = SAMPLES / source if "\n" not in source else None
    file = ImportFile(name=path.name if path else "lain.csv", content=path.read_bytes() if path else source.encode())
    return await run_import(database, SYSTEM, kind, file, accept_partial=False)


async def go_to(database: Database, day: date) -> None:
    """Let it be noon of a day for the service."""
    moment = datetime.combine(day, time(12), Origin(agency="", service="").zone)
    async with database.transaction() as session:
        await session.execute(text('UPDATE clock SET "offset" = :moment - clock_timestamp()'), {"moment": moment})


@dataclass(frozen=True, slots=True)
class Office:
    """A head, two people below, and staff of another unit; all supervisors but the staff, whose class asks level 1."""

    unit_id: UUID
    other_unit_id: UUID
    position_id: UUID
    lower_position_id: UUID
    higher_position_id: UUID
    chief: UUID
    head: UUID
    ani: UUID
    budi: UUID


async def open_office(database: Database) -> Office:
    """Make an office: ani and budi are PENGAWAS (level 2), below head, who is below chief."""
    units = [UnitRow(id=new_id(), code=code, name=f"Dinas {code}") for code in ("1", "2")]
    positions = [
        PositionRow(id=new_id(), title=f"Jabatan {held}", position_class=held)
        for held in ("PENGAWAS", "PELAKSANA", "ADMINISTRATOR")
    ]
    ids = [new_id() for _ in range(4)]
    superiors = [None, ids[0], ids[1], ids[1]]
    async with database.transaction() as session:
        session.add_all([*units, *positions])
        await session.flush()
        for number, (person, superior) in enumerate(zip(ids, superiors, strict=True), start=1):
            session.add(_employee(person, number, units[0].id, positions[0].id, superior))
            await session.flush()
        await standards.ensure_core_competencies(session)
    return Office(units[0].id, units[1].id, *(position.id for position in positions), *ids)


def _employee(person: UUID, number: int, unit_id: UUID, position_id: UUID, superior_id: UUID | None) -> EmployeeRow:
    return EmployeeRow(
        id=person,
        employee_number=f"19800101200501{number}000",
        name="Contoh Rekaan",
        employment_type="PNS",
        legal_status="01",
        unit_id=unit_id,
        position_id=position_id,
        superior_id=superior_id,
        valid_from=date(2020, 1, 1),
    )


async def assess(
    database: Database,
    employee_id: UUID,
    level: int,
    *,
    kind: EvidenceKind = EvidenceKind.CENTRE,
    on: date = date(2026, 3, 16),
    competency: str = COMPETENCY,
) -> UUID:
    """Record the level of a person in one competency."""
    made = Assessment(employee_id=employee_id, kind=kind, assessed_on=on, levels={competency: level})
    async with database.transaction() as session:
        await record_assessments(session, [made])
    return made.id


async def needs(database: Database) -> Sequence[NeedRow]:
    """All needs in the order in which they were found."""
    async with database.session() as session:
        return (await session.scalars(select(NeedRow).order_by(NeedRow.id))).all()
