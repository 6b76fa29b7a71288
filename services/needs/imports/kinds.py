"""The three kinds of imports, each as the steps that staging goes through."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import commands, queries
from services.needs.commands import Changes
from services.needs.domain.people import Employee
from services.needs.domain.positions import Position
from services.needs.domain.units import Unit
from services.needs.imports import employees, positions, units
from services.needs.imports.checked import Checked
from shared import clock
from shared.files.columns import RowError
from shared.files.workbook import read_table

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


async def _no_position_left_out(
    session: AsyncSession,  # noqa: ARG001 one shape for all
    records: Mapping[int, Position],  # noqa: ARG001
    titles: Mapping[str, str],  # noqa: ARG001
) -> list[RowError]:
    return []


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
    left_out=_no_position_left_out,
    record=_record_positions,
)
EMPLOYEES = ImportKind(
    name="employees",
    adapter=TypeAdapter(Employee),
    check=_check_employees,
    left_out=_employees_left_out,
    record=_record_employees,
)
