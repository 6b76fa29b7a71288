"""Reads of the ledger of learning hours: statements of people, and the activities that are settled together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import Period, TargetRule, yearly_target
from services.training.queries.paging import any_of, require
from services.training.queries.people import reports_to
from services.training.tables import ActivityRow, EmploymentPeriodRow
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor

Account = tuple[UUID, str]
"""A person's activities of one form share the limits of its days and months: employee id and the table's code."""

OF_ACCOUNTS = text(
    "SELECT a.* FROM activities a JOIN unnest(CAST(:employee_ids AS uuid[]), CAST(:form_codes AS text[]))"
    " AS account(employee_id, form_code) USING (employee_id, form_code)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A person's learning hours of a year; target is None for employment types that have none."""

    employee_id: UUID
    name: str
    employment_type: str
    year: int
    target: int | None
    credited: int
    claimed: Decimal
    by_form: dict[str, int]


async def statements(
    session: AsyncSession, actor: Actor, rule: TargetRule, *, year: int, after: UUID | None, limit: int
) -> list[Statement]:
    """The statements of people that the actor may see, by id, from the one behind after on."""
    person = DirectoryEmployee
    chosen = select(person).where(reports_to(actor)).order_by(person.id).limit(limit)
    people = (await session.scalars(chosen.where(person.id > after) if after else chosen)).all()
    return await _statements(session, people, year, rule)


async def statement(session: AsyncSession, actor: Actor, rule: TargetRule, employee_id: UUID, year: int) -> Statement:
    """One person's."""
    chosen = select(DirectoryEmployee).where(DirectoryEmployee.id == employee_id, reports_to(actor))
    person = require((await session.scalars(chosen)).one_or_none(), "Pegawai")
    return (await _statements(session, [person], year, rule))[0]


async def activities_of(session: AsyncSession, employee_id: UUID, year: int) -> Sequence[ActivityRow]:
    """A person's activities of a year, by their days; who asks has been allowed to see the statement."""
    row = ActivityRow
    mine = select(row).where(row.employee_id == employee_id, row.year == year)
    return (await session.scalars(mine.order_by(row.starts_on, row.ends_on, row.id))).all()


async def activities_of_accounts(session: AsyncSession, accounts: Collection[Account]) -> dict[Account, list[Row[Any]]]:
    """All activities, as plain rows, of accounts that the caller holds the locks of."""
    given = {"employee_ids": [each for each, _ in accounts], "form_codes": [code for _, code in accounts]}
    found: dict[Account, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(OF_ACCOUNTS, given):
        found[row.employee_id, row.form_code].append(row)
    return found


async def activities_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, ActivityRow]:
    """Recorded activities by id."""
    rows = await session.scalars(select(ActivityRow).where(ActivityRow.id == any_of(list(ids))))
    return {row.id: row for row in rows}


async def _statements(
    session: AsyncSession, people: Sequence[DirectoryEmployee], year: int, rule: TargetRule
) -> list[Statement]:
    ids = [person.id for person in people]
    periods = await _periods(session, ids)
    by_form = await _by_form(session, ids, year)
    return [_statement(person, year, periods[person.id], by_form[person.id], rule) for person in people]


def _statement(
    person: DirectoryEmployee,
    year: int,
    periods: Sequence[Period],
    by_form: dict[str, tuple[int, Decimal]],
    rule: TargetRule,
) -> Statement:
    return Statement(
        employee_id=person.id,
        name=person.name,
        employment_type=person.employment_type,
        year=year,
        target=yearly_target(year, periods, _appointed(person.employee_number), rule),
        credited=sum(credited for credited, _ in by_form.values()),
        claimed=sum((claimed for _, claimed in by_form.values()), Decimal(0)),
        by_form={code: credited for code, (credited, _) in sorted(by_form.items())},
    )


async def _periods(session: AsyncSession, employee_ids: Sequence[UUID]) -> dict[UUID, list[Period]]:
    rows = await session.scalars(
        select(EmploymentPeriodRow).where(EmploymentPeriodRow.employee_id == any_of(employee_ids))
    )
    found: dict[UUID, list[Period]] = defaultdict(list)
    for row in rows:
        found[row.employee_id].append(row.to_domain())
    return found


async def _by_form(
    session: AsyncSession, employee_ids: Sequence[UUID], year: int
) -> dict[UUID, dict[str, tuple[int, Decimal]]]:
    """Credited and claimed hours by person and form; an activity without a claim claims what it was credited."""
    row = ActivityRow
    claimed = func.sum(func.coalesce(row.claimed_hours, row.credited_hours))
    grouped = (
        select(row.employee_id, row.form_code, func.sum(row.credited_hours), claimed)
        .where(row.employee_id == any_of(employee_ids), row.year == year, row.counts)
        .group_by(row.employee_id, row.form_code)
    )
    found: dict[UUID, dict[str, tuple[int, Decimal]]] = defaultdict(dict)
    for employee_id, code, credited, asked in await session.execute(grouped):
        found[employee_id][code] = (int(credited), Decimal(asked))
    return found


def _appointed(employee_number: str) -> int | None:
    """The year of first appointment, which stands behind the birth date in the number."""
    year = employee_number[8:12]
    return int(year) if year.isdigit() else None
