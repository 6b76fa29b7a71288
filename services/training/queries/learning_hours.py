"""Reads of the ledger of learning hours: statements of people, and the activities that are settled together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import Period, TargetRule, yearly_target
from services.training.queries.people import reports_to
from services.training.tables import ActivityRow, EmploymentPeriodRow
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor
from shared.lists import among, require

Account = tuple[UUID, str]
"""A person's activities of one form share limits of days and months: employee id and the table's code."""

# What touches the months of a change may count differently by it; what touches those, decides how much they count.
AROUND = text(
    "WITH changed AS (SELECT employee_id, form_code, CAST(date_trunc('month', first) AS date) AS first,"
    "  CAST(date_trunc('month', last) + interval '1 month - 1 day' AS date) AS last"
    "  FROM unnest(CAST(:employee_ids AS uuid[]), CAST(:form_codes AS text[]),"
    "   CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS c(employee_id, form_code, first, last)),"
    " span AS (SELECT c.employee_id, c.form_code, c.first, c.last,"
    "  min(a.starts_on) AS earliest, max(a.ends_on) AS latest"
    "  FROM changed c JOIN activities a USING (employee_id, form_code)"
    "  WHERE a.starts_on <= c.last AND a.ends_on >= c.first GROUP BY 1, 2, 3, 4)"
    " SELECT a.*, a.starts_on <= s.last AND a.ends_on >= s.first AS touched"
    " FROM span s JOIN activities a USING (employee_id, form_code)"
    " WHERE a.starts_on <= s.latest AND a.ends_on >= s.earliest"
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
    periods: Sequence[Period]


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


async def activities_of(session: AsyncSession, actor: Actor, employee_id: UUID, year: int) -> Sequence[ActivityRow]:
    """A person's activities of a year, by their days; none of a person whose statement is not the actor's to see."""
    row = ActivityRow
    seen = select(DirectoryEmployee.id).where(reports_to(actor))
    mine = select(row).where(row.employee_id == employee_id, row.year == year, row.employee_id.in_(seen))
    return (await session.scalars(mine.order_by(row.starts_on, row.starts_at, row.ends_on, row.id))).all()


async def activities_around(
    session: AsyncSession, changed: Mapping[Account, tuple[date, date]]
) -> dict[Account, list[Row[Any]]]:
    """The activities, as plain rows, that a change from one day to another may concern, and those that they depend on.

    The caller holds the locks of the accounts; a row says by touched whether it is of the first kind.
    """
    given = {
        "employee_ids": [employee_id for employee_id, _ in changed],
        "form_codes": [code for _, code in changed],
        "firsts": [first for first, _ in changed.values()],
        "lasts": [last for _, last in changed.values()],
    }
    found: dict[Account, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(AROUND, given):
        found[row.employee_id, row.form_code].append(row)
    return found


async def activities_by_id(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, ActivityRow]:
    """Recorded activities by id."""
    rows = await session.scalars(select(ActivityRow).where(among(ActivityRow.id, set(ids))))
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
        periods=sorted(periods, key=lambda period: period.starts_on),
    )


async def _periods(session: AsyncSession, employee_ids: Sequence[UUID]) -> dict[UUID, list[Period]]:
    rows = await session.scalars(
        select(EmploymentPeriodRow).where(among(EmploymentPeriodRow.employee_id, employee_ids))
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
        .where(among(row.employee_id, employee_ids), row.year == year, row.counts)
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
