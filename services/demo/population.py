"""The made-up people of the demo, recorded as an agency takes in its own workbooks: all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo import agency
from services.demo.dice import Dice
from services.demo.stage import Stage
from services.needs.commands import lock_master_data, record_employees, record_units
from services.needs.commands.assessments import (
    Assessment,
    PerformanceResult,
    record_assessments,
    record_performance,
)
from services.needs.commands.standards import (
    ensure_core_competencies,
    record_class_standards,
    record_competencies,
)
from services.needs.domain.competencies import Competency, CompetencyKind
from services.needs.domain.evidence import EvidenceKind
from services.needs.domain.people import Employee
from services.needs.domain.positions import PositionClass
from services.needs.queries import competencies as reads
from services.needs.tables import EmployeeRow

AT_ONCE = 2_000
PROVIDERS = {
    EvidenceKind.CENTRE: "Pusat Penilaian Kompetensi (terakreditasi A)",
    EvidenceKind.CENTRE_UNACCREDITED: "Penyelenggara asesmen daerah (belum terakreditasi)",
}
WAYS = (
    *[EvidenceKind.CENTRE] * 17,
    *[EvidenceKind.CENTRE_UNACCREDITED] * 6,
    *[EvidenceKind.SUPERIOR] * 12,
    *[None] * 15,
)
OFF_STANDARD = (*[-2] * 3, *[-1] * 12, *[0] * 25, *[1] * 10)
TECHNICAL = {
    "TATA_NASKAH_DINAS": "Tata Naskah Dinas",
    "PENGELOLAAN_DATA": "Pengelolaan Data",
    "PENGELOLAAN_ARSIP": "Pengelolaan Arsip",
    "PENYUSUNAN_KEBIJAKAN": "Penyusunan Kebijakan",
    "PENGELOLAAN_KEUANGAN": "Pengelolaan Keuangan Daerah",
    "PENGADAAN_BARANG_JASA": "Pengadaan Barang dan Jasa",
}
STANDARDS: Mapping[PositionClass, Mapping[str, int]] = {
    PositionClass.JPT_MADYA: {"PENYUSUNAN_KEBIJAKAN": 5, "PENGELOLAAN_KEUANGAN": 4},
    PositionClass.JPT_PRATAMA: {"PENYUSUNAN_KEBIJAKAN": 4, "PENGADAAN_BARANG_JASA": 3},
    PositionClass.ADMINISTRATOR: {"PENGELOLAAN_KEUANGAN": 3, "PENGADAAN_BARANG_JASA": 3},
    PositionClass.PENGAWAS: {"PENGELOLAAN_KEUANGAN": 2, "TATA_NASKAH_DINAS": 3},
    PositionClass.PELAKSANA: {"TATA_NASKAH_DINAS": 2, "PENGELOLAAN_DATA": 1},
    PositionClass.JF_PEMULA: {"PENGELOLAAN_ARSIP": 1, "PENGELOLAAN_DATA": 1},
    PositionClass.JF_TERAMPIL: {"PENGELOLAAN_ARSIP": 2, "PENGELOLAAN_DATA": 2},
    PositionClass.JF_MAHIR: {"PENGELOLAAN_ARSIP": 3, "PENGELOLAAN_DATA": 2},
    PositionClass.JF_PENYELIA: {"PENGELOLAAN_ARSIP": 3, "PENGELOLAAN_DATA": 3},
    PositionClass.JF_AHLI_PERTAMA: {"PENYUSUNAN_KEBIJAKAN": 2, "PENGELOLAAN_DATA": 2},
    PositionClass.JF_AHLI_MUDA: {"PENYUSUNAN_KEBIJAKAN": 3, "PENGELOLAAN_KEUANGAN": 2},
    PositionClass.JF_AHLI_MADYA: {"PENYUSUNAN_KEBIJAKAN": 4, "PENGELOLAAN_KEUANGAN": 3},
    PositionClass.JF_AHLI_UTAMA: {"PENYUSUNAN_KEBIJAKAN": 5, "PENGELOLAAN_DATA": 4},
}
PREDICATES = (
    *[("BAIK", "SESUAI_EKSPEKTASI", "SESUAI_EKSPEKTASI")] * 7,
    *[("SANGAT_BAIK", "DI_ATAS_EKSPEKTASI", "DI_ATAS_EKSPEKTASI")] * 2,
    ("BUTUH_PERBAIKAN", "DI_BAWAH_EKSPEKTASI", "SESUAI_EKSPEKTASI"),
)
Levels = Mapping[str, int]


async def settle_in(stage: Stage, people: int) -> int:
    """Record so many people with all that is known of them, unless somebody is recorded; gives how many."""
    async with stage.transaction() as session:
        await lock_master_data(session)
        if await session.scalar(select(EmployeeRow.id).limit(1)):
            return 0
        await ensure_core_competencies(session)
        kind = CompetencyKind.TECHNICAL
        await record_competencies(
            session, [Competency(code=code, title=title, kind=kind) for code, title in TECHNICAL.items()]
        )
        await record_class_standards(session, STANDARDS)
        tree = agency.units(people)
        await record_units(session, tree)
        staff = agency.staff(people, tree, agency.Register(stage.dice, stage.today, set()))
        await record_employees(session, staff)
        await _assess(session, stage, staff)
    return len(staff)


async def _assess(session: AsyncSession, stage: Stage, staff: Sequence[Employee]) -> None:
    ids = await reads.employee_ids(session)
    standards = await reads.standards(session, stage.today)
    for start in range(0, len(staff), AT_ONCE):
        some = staff[start : start + AT_ONCE]
        assessments = [
            each
            for person in some
            for each in assessments_of(
                _Known(
                    dice=stage.dice,
                    today=stage.today,
                    number=person.employee_number,
                    employee_id=ids[person.employee_number],
                    standard=standards.levels(None, person.position.position_class),
                    core=standards.core,
                )
            )
        ]
        await record_assessments(session, assessments)
    years = (stage.today.year - 2, stage.today.year - 1)
    await record_performance(
        session, [_performance(stage.dice, person, ids, year) for year in years for person in staff]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """One person to assess."""

    dice: Dice
    today: date
    number: str
    employee_id: UUID
    standard: Levels
    core: AbstractSet[str]


def assessments_of(person: _Known) -> Iterator[Assessment]:
    """What was found about a person before the demo: by a centre for a third, by tests and superiors for others."""
    dice, number = person.dice, person.number
    core = {code for code in person.standard if code in person.core}
    way = dice.pick(WAYS, "assessed", number)
    if way is EvidenceKind.SUPERIOR:
        yield _found(person, way, {dice.pick(sorted(core), "rated", number)})
    elif way is not None:
        yield _found(person, way, core, PROVIDERS[way])
    if dice.chance(0.6, "tested", number):
        yield _found(person, EvidenceKind.TEST, person.standard.keys() - core)
    if dice.chance(0.1, "rates oneself", number):
        yield _found(person, EvidenceKind.SELF, {dice.pick(sorted(core), "own", number)})


def _found(
    person: _Known, kind: EvidenceKind, competencies: AbstractSet[str], provider: str | None = None
) -> Assessment:
    days = person.dice.between(20, 300, "day", kind.value, person.number)
    levels = {code: _level(person, code) for code in sorted(competencies)}
    return Assessment(
        employee_id=person.employee_id,
        kind=kind,
        assessed_on=person.today - timedelta(days=days),
        levels=levels,
        provider=provider,
        sender_total=sum(levels.values()) if provider else None,
    )


def _level(person: _Known, competency: str) -> int:
    """Half stand at the standard of their position, three in ten below it."""
    off = person.dice.pick(OFF_STANDARD, "level", person.number, competency)
    return min(5, max(0, person.standard[competency] + off))


def _performance(dice: Dice, person: Employee, ids: Mapping[str, UUID], year: int) -> PerformanceResult:
    number = person.employee_number
    predicate, result, behaviour = dice.pick(PREDICATES, "performance", number, year)
    return PerformanceResult(
        employee_id=ids[number], year=year, predicate=predicate, result=result, behaviour=behaviour
    )
