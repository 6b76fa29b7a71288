"""The kinds of imports, each as the steps that staging goes through."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import commands, queries, rules
from services.needs.commands import assessments as assess
from services.needs.commands import standards as record
from services.needs.commands.assessments import Assessment, PerformanceResult
from services.needs.domain.people import Employee
from services.needs.domain.positions import Position
from services.needs.domain.units import Unit
from services.needs.imports import assessments, employees, performance, positions, standards, units
from services.needs.imports.assessments import AssessedPerson
from services.needs.imports.checked import Checked
from services.needs.imports.performance import PersonsYear
from services.needs.imports.standards import ClassStandard
from services.needs.queries import competencies as reads
from shared import clock
from shared.files.columns import Column, RowError
from shared.files.outcome import Changes
from shared.files.workbook import read_table
from shared.ids import new_id

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportKind(Generic[RecordT]):
    """What a file of this kind holds and what is done with it.

    `left_out` names good rows that hang on refused ones; `record` keeps what the file has no column for. Both take the
    titles of the file (column → title) and need the master data locked.
    """

    name: str
    adapter: TypeAdapter[RecordT]
    check: Callable[[AsyncSession, bytes], Awaitable[Checked[RecordT]]]
    left_out: Callable[[AsyncSession, Mapping[int, RecordT], Mapping[str, str]], Awaitable[list[RowError]]]
    record: Callable[[AsyncSession, Collection[RecordT], Mapping[str, str]], Awaitable[Changes]]


async def _check_units(session: AsyncSession, data: bytes) -> Checked[Unit]:
    table = read_table(data, units.COLUMNS)
    return units.check(table, await queries.parent_codes(session))


async def _units_left_out(
    session: AsyncSession, records: Mapping[int, Unit], titles: Mapping[str, str]
) -> list[RowError]:
    return units.left_out(records, await queries.parent_codes(session), titles)


async def _record_units(session: AsyncSession, records: Collection[Unit], titles: Mapping[str, str]) -> Changes:
    if absent := _absent(units.KEPT, titles):
        recorded = await queries.recorded_units(session)
        known = {code: unit.unit for code, unit in recorded.items()}
        records = [
            replace(unit, **{field: getattr(known[unit.code], field) for field in absent})
            if unit.code in known
            else unit
            for unit in records
        ]
    return await commands.record_units(session, records)


async def _check_positions(session: AsyncSession, data: bytes) -> Checked[Position]:  # noqa: ARG001 one shape for all
    return positions.check(read_table(data, positions.COLUMNS))


async def _record_positions(
    session: AsyncSession,
    records: Collection[Position],
    titles: Mapping[str, str],  # noqa: ARG001 one shape for all
) -> Changes:
    return await commands.record_positions(session, records)


async def _check_employees(session: AsyncSession, data: bytes) -> Checked[Employee]:
    today = await clock.today(session)
    table = read_table(data, employees.columns(today))
    recorded = employees.Recorded(
        unit_codes=(await queries.parent_codes(session)).keys(), superiors=await queries.superior_numbers(session)
    )
    return employees.check(table, today, recorded)


async def _employees_left_out(
    session: AsyncSession, records: Mapping[int, Employee], titles: Mapping[str, str]
) -> list[RowError]:
    return employees.left_out(records, await queries.superior_numbers(session), titles)


async def _record_employees(session: AsyncSession, records: Collection[Employee], titles: Mapping[str, str]) -> Changes:
    if absent := _absent(employees.KEPT, titles):
        recorded = await queries.recorded_employees(session)
        known = {number: person.employee for number, person in recorded.items()}
        records = [
            replace(person, **{field: getattr(known[person.employee_number], field) for field in absent})
            if person.employee_number in known
            else person
            for person in records
        ]
    return await commands.record_employees(session, records)


def _absent(kept: Mapping[str, str], titles: Mapping[str, str]) -> Iterable[str]:
    return [field for column, field in kept.items() if column not in titles]


async def level_columns(session: AsyncSession, allowed: range) -> dict[str, Column[int]]:
    """The column of each competency of the dictionary, core ones first."""
    core = rules.CORE_COMPETENCIES.on(await clock.today(session))
    entered = {code: competency for code, (_, competency) in (await reads.competencies(session)).items()}
    dictionary = {competency.code: competency for competency in core} | entered
    return standards.competency_columns(dictionary.values(), {competency.code for competency in core}, allowed)


async def _check_standards(session: AsyncSession, data: bytes) -> Checked[ClassStandard]:
    levels = await level_columns(session, standards.LEVELS)
    return standards.check(read_table(data, standards.columns(levels)), levels)


async def _record_standards(
    session: AsyncSession,
    records: Collection[ClassStandard],
    titles: Mapping[str, str],  # noqa: ARG001 one shape for all
) -> Changes:
    await record.ensure_core_competencies(session)
    return await record.record_class_standards(session, {each.position_class: each.levels for each in records})


async def _check_assessments(session: AsyncSession, data: bytes) -> Checked[AssessedPerson]:
    today = await clock.today(session)
    levels = await level_columns(session, assessments.LEVELS)
    known = await queries.superior_numbers(session)
    return assessments.check(read_table(data, assessments.columns(levels, today)), levels, today, known)


async def _record_assessments(
    session: AsyncSession,
    records: Collection[AssessedPerson],
    titles: Mapping[str, str],  # noqa: ARG001 one shape for all
) -> Changes:
    await record.ensure_core_competencies(session)
    ids = await reads.employee_ids(session)
    known = await reads.centre_assessments(session)
    sent = [
        Assessment(
            id=earlier.id if (earlier := known.get((ids[each.employee_number], each.assessed_on))) else new_id(),
            employee_id=ids[each.employee_number],
            kind=each.kind,
            assessed_on=each.assessed_on,
            levels=each.levels,
            provider=each.provider,
            sender_total=each.sender_total,
            sender_match=each.sender_match,
        )
        for each in records
    ]
    return await assess.replace_assessments(session, sent, {row.id: row for row in known.values()})


async def _check_performance(session: AsyncSession, data: bytes) -> Checked[PersonsYear]:
    today = await clock.today(session)
    known = await queries.superior_numbers(session)
    return performance.check(read_table(data, performance.columns(today)), today, known)


async def _record_performance(
    session: AsyncSession,
    records: Collection[PersonsYear],
    titles: Mapping[str, str],  # noqa: ARG001 one shape for all
) -> Changes:
    ids = await reads.employee_ids(session)
    results = [
        PerformanceResult(
            employee_id=ids[each.employee_number],
            year=each.year,
            predicate=each.predicate,
            result=each.result,
            behaviour=each.behaviour,
        )
        for each in records
    ]
    return await assess.record_performance(session, results)


async def _none_left_out(
    session: AsyncSession,  # noqa: ARG001 one shape for all
    records: Mapping[int, object],  # noqa: ARG001
    titles: Mapping[str, str],  # noqa: ARG001
) -> list[RowError]:
    return []


UNITS = ImportKind(
    name="units",
    adapter=TypeAdapter(Unit),
    check=_check_units,
    left_out=_units_left_out,
    record=_record_units,
)
POSITIONS = ImportKind(
    name="positions",
    adapter=TypeAdapter(Position),
    check=_check_positions,
    left_out=_none_left_out,
    record=_record_positions,
)
EMPLOYEES = ImportKind(
    name="employees",
    adapter=TypeAdapter(Employee),
    check=_check_employees,
    left_out=_employees_left_out,
    record=_record_employees,
)
STANDARDS = ImportKind(
    name="standards",
    adapter=TypeAdapter(ClassStandard),
    check=_check_standards,
    left_out=_none_left_out,
    record=_record_standards,
)
ASSESSMENTS = ImportKind(
    name="assessments",
    adapter=TypeAdapter(AssessedPerson),
    check=_check_assessments,
    left_out=_none_left_out,
    record=_record_assessments,
)
PERFORMANCE = ImportKind(
    name="performance",
    adapter=TypeAdapter(PersonsYear),
    check=_check_performance,
    left_out=_none_left_out,
    record=_record_performance,
)
