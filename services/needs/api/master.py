"""JSON routes of the needs service: what is recorded, and what became of each import."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.needs import queries
from services.needs.queries import RecordedEmployee
from shared.identity.actor import Role
from shared.web.figures import masked
from shared.web.requests import Reading, may_read

router = APIRouter()


class UnitView(BaseModel):
    """One work unit."""

    id: UUID
    code: str
    name: str
    parent_code: str | None
    unit_type: str | None
    head_id: UUID | None


class EmployeeView(BaseModel):
    """One employee; lists mask the number."""

    id: UUID
    employee_number: str
    name: str
    email: str | None
    employment_type: str
    legal_status: str
    position: str
    job_kind: str
    position_class: str
    unit_code: str
    unit_name: str
    superior_number: str | None
    valid_from: date
    heads: tuple[str, ...]


class EmployeePage(BaseModel):
    """Some employees; `next` goes into `after` to see more, None at the end."""

    employees: list[EmployeeView]
    next: UUID | None


class ImportView(BaseModel):
    """One file that came in; at most the first 1,000 problems are kept."""

    id: UUID
    kind: str
    status: str
    file_name: str
    actor_id: UUID
    created_at: datetime
    finished_at: datetime | None
    rows_read: int
    rows_added: int
    rows_changed: int
    rows_unchanged: int
    rows_refused: int


class ProblemView(BaseModel):
    """One bad cell: where it is and why it was refused, nothing of what it holds."""

    row: int
    column: str
    reason: str


class ImportDetail(ImportView):
    """One file with what was wrong in it."""

    problems: list[ProblemView]


@router.get("/units", response_model=list[UnitView])
async def list_units(reading: Annotated[Reading, may_read()]) -> list[UnitView]:
    """All units, by code."""
    recorded = await queries.recorded_units(reading.session)
    return [
        UnitView(
            id=unit.id,
            code=unit.unit.code,
            name=unit.unit.name,
            parent_code=unit.unit.parent_code,
            unit_type=unit.unit.unit_type,
            head_id=unit.head_id,
        )
        for unit in recorded.values()
    ]


@router.get("/employees", response_model=EmployeePage)
async def list_employees(
    reading: Annotated[Reading, may_read(Role.ANALYST, Role.AUDITOR)],
    after: UUID | None = None,
    unit: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EmployeePage:
    """Employees in the order in which they were first recorded, those of one unit if its code is given."""
    people = await queries.page_of_employees(reading.session, reading.actor, after=after, unit_code=unit, limit=limit)
    views = [_view(person, number=masked) for person in people]
    return EmployeePage(employees=views, next=people[-1].id if len(people) == limit else None)


@router.get("/employees/{employee_id}", response_model=EmployeeView)
async def read_employee(employee_id: UUID, reading: Annotated[Reading, may_read()]) -> EmployeeView:
    """One employee with the whole number: for analysts and auditors, and for the person."""
    found = await queries.employee(reading.session, reading.actor, employee_id)
    reading.note("employee", employee_id, employee_id)
    return _view(found, number=str)


@router.get("/imports", response_model=list[ImportView])
async def list_imports(
    reading: Annotated[Reading, may_read(Role.ANALYST, Role.OPERATOR, Role.AUDITOR)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[ImportView]:
    """The newest imports first."""
    rows = await queries.page_of_imports(reading.session, limit=limit)
    return [ImportView.model_validate(row, from_attributes=True) for row in rows]


@router.get("/imports/{import_id}", response_model=ImportDetail)
async def read_import(
    import_id: UUID, reading: Annotated[Reading, may_read(Role.ANALYST, Role.OPERATOR, Role.AUDITOR)]
) -> ImportDetail:
    """One import with its problems."""
    return ImportDetail.model_validate(await queries.import_of(reading.session, import_id), from_attributes=True)


def _view(recorded: RecordedEmployee, *, number: Callable[[str], str]) -> EmployeeView:
    person = recorded.employee
    return EmployeeView(
        id=recorded.id,
        employee_number=number(person.employee_number),
        name=person.full_name,
        email=person.email,
        employment_type=person.employment_type,
        legal_status=person.legal_status,
        position=person.position.title,
        job_kind=person.position.job_kind,
        position_class=person.position.position_class,
        unit_code=person.unit_code,
        unit_name=recorded.unit_name,
        superior_number=number(person.superior_number) if person.superior_number else None,
        valid_from=person.valid_from,
        heads=recorded.heads,
    )
