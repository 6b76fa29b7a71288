"""The list of people as pages show it: whom the actor may see, with how many needs they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from services.needs.domain.needs import OPEN
from services.needs.queries.master import RecordedEmployee, as_recorded, employees_in_place
from services.needs.queries.scope import seen_by, unit_and_below
from services.needs.tables import EmployeeRow, NeedRow
from shared.identity.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """A person with what a list of people shows beside them."""

    recorded: RecordedEmployee
    open_needs: int


def people_of(actor: Actor) -> Select[*tuple[Any, ...]]:
    """Everybody whom the actor may see, for listed_person."""
    needs = select(func.count()).where(NeedRow.employee_id == EmployeeRow.id, NeedRow.status.in_(sorted(OPEN)))
    return employees_in_place().add_columns(needs.scalar_subquery()).where(seen_by(actor, EmployeeRow.id))


def listed_person(row: Row[*tuple[Any, ...]]) -> ListedPerson:
    """One row of people_of."""
    person, title, position_class, unit, superior_number, open_needs = row
    recorded = as_recorded((person, title, position_class, unit, superior_number))
    return ListedPerson(recorded=recorded, open_needs=open_needs)


def in_unit(code: str) -> ColumnElement[bool]:
    """People in the unit with this code, or below it."""
    return EmployeeRow.unit_id.in_(unit_and_below(code))


def named_or_numbered(text: str) -> ColumnElement[bool]:
    """People with the text in their names, or at the beginning of their employee numbers."""
    number = EmployeeRow.employee_number.startswith(text.replace(" ", ""), autoescape=True)
    return or_(EmployeeRow.name.icontains(text, autoescape=True), number)
