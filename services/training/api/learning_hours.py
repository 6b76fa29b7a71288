"""Routes of learning hours: statements of people by year, with each activity, what was claimed and what counts."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, PlainSerializer
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.domain import ActivityOrigin, Limit, Scope
from services.training.rules import LEARNING_HOURS_TARGET
from services.training.tables import ActivityRow
from shared import clock
from shared.events.contract import Code
from shared.web.shapes import AnalystCommands, AnyoneReads, Body

router = APIRouter()

Claimed = Annotated[Decimal, PlainSerializer(float, return_type=float)]
"""Hours as certificates name them, now and then with a part of one."""
Year = Annotated[int | None, Query(ge=2000, le=2100)]


class StatementView(BaseModel):
    """A person's hours of a year. difference = credited - claimed; target is null where there is none."""

    employee_id: UUID
    name: str
    employment_type: str
    year: int
    target: int | None
    credited: int
    claimed: Claimed
    difference: Claimed
    education: int
    classical: int
    non_classical: int
    fulfilled: bool | None
    by_form: dict[str, int]

    @classmethod
    def of(cls, statement: queries.Statement) -> StatementView:
        return cls(
            employee_id=statement.employee_id,
            name=statement.name,
            employment_type=statement.employment_type,
            year=statement.year,
            target=statement.target,
            credited=statement.credited,
            claimed=statement.claimed,
            difference=statement.credited - statement.claimed,
            education=_of_kind(statement, "A"),
            classical=_of_kind(statement, "B"),
            non_classical=_of_kind(statement, "C"),
            fulfilled=None if statement.target is None else statement.credited >= statement.target,
            by_form=statement.by_form,
        )


class ActivityView(BaseModel):
    """One activity: what was claimed (null where nothing is), what counts, and what kept it from counting more.

    id is that of the enrolment, the session or the imported line, by origin; starts_at the local time of a session.
    """

    id: UUID
    origin: ActivityOrigin
    form_code: str
    title: str | None
    provider: str | None
    starts_on: date
    starts_at: time | None
    ends_on: date
    scope: Scope
    claimed_hours: Claimed | None
    credited_hours: int
    difference: Claimed | None
    limit: Limit | None
    rule_version: str | None

    @classmethod
    def of(cls, row: ActivityRow) -> ActivityView:
        return cls(
            id=row.id,
            origin=ActivityOrigin(row.origin),
            form_code=row.form_code,
            title=row.title,
            provider=row.provider,
            starts_on=row.starts_on,
            starts_at=row.starts_at,
            ends_on=row.ends_on,
            scope=Scope(row.scope),
            claimed_hours=row.claimed_hours,
            credited_hours=row.credited_hours,
            difference=None if row.claimed_hours is None else row.credited_hours - row.claimed_hours,
            limit=Limit(row.credited_limit) if row.credited_limit else None,
            rule_version=row.rule_version,
        )


class PeriodView(BaseModel):
    """What holds of a person from a day on, as training was told: months at work make the target."""

    model_config = ConfigDict(from_attributes=True)

    starts_on: date
    legal_status: str
    employment_type: str


class StatementDetail(StatementView):
    """A statement with its activities, by their days, and the periods that the target follows from."""

    activities: list[ActivityView]
    periods: list[PeriodView]


class StatementPage(BaseModel):
    """Some statements; next goes into after to see more, null at the end."""

    statements: list[StatementView]
    next: UUID | None


class Revocation(Body):
    """Why an imported activity does not hold, as a code."""

    reason: Code


class Revoked(BaseModel):
    id: UUID


@router.get("/learning-hours")
async def list_statements(
    reading: AnyoneReads,
    year: Year = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> StatementPage:
    """Statements of a year, else of the present one: of everybody, else the own and those of direct reports."""
    asked = year or (await clock.today(reading.session)).year
    found = await queries.statements(
        reading.session, reading.actor, LEARNING_HOURS_TARGET, year=asked, after=after, limit=limit
    )
    following = found[-1].employee_id if len(found) == limit else None
    return StatementPage(statements=[StatementView.of(each) for each in found], next=following)


@router.get("/learning-hours/{employee_id}")
async def read_statement(employee_id: UUID, reading: AnyoneReads, year: Year = None) -> StatementDetail:
    """One person's statement with every activity."""
    asked = year or (await clock.today(reading.session)).year
    found = await queries.statement(reading.session, reading.actor, LEARNING_HOURS_TARGET, employee_id, asked)
    rows = await queries.activities_of(reading.session, reading.actor, employee_id, asked)
    reading.note("learning_hours", employee_id, employee_id)
    view = StatementView.of(found)
    return StatementDetail(
        **view.model_dump(),
        activities=[ActivityView.of(row) for row in rows],
        periods=[PeriodView.model_validate(period) for period in found.periods],
    )


@router.post("/activities/{activity_id}/revoke", response_model=Revoked)
async def revoke_activity(activity_id: UUID, body: Revocation, command: AnalystCommands) -> Response:
    """Take an imported activity out of the ledger."""

    async def work(session: AsyncSession) -> Revoked:
        await commands.revoke_activity(session, command.actor, activity_id, body.reason)
        return Revoked(id=activity_id)

    return await command.run(work)


def _of_kind(statement: queries.Statement, kind: str) -> int:
    return sum(hours for code, hours in statement.by_form.items() if code.startswith(kind))
