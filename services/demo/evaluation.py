"""The people of evaluation: who answers, who decides on follow-ups, and what citizens say each quarter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo.answers import answer
from services.demo.stage import Stage
from services.evaluation.commands import plans
from services.evaluation.commands.citizens import record_surveys
from services.evaluation.domain.citizens import ELEMENTS, EighthElement, Survey
from services.evaluation.domain.follow_ups import ClosingReason, FollowUpStatus
from services.evaluation.domain.reaction import SCALE
from services.evaluation.domain.rules import Target
from services.evaluation.queries import people as directory
from services.evaluation.tables import FollowUpRow
from services.mentoring.domain.people import in_force_on
from services.mentoring.rules import ONBOARDING
from shared.directory import DirectoryEmployee

WAITS = 0.08
DECLINED = 0.04
TAKES_THE_OTHER_WAY = {"REMEDIAL": 0.4, "MENTORING": 0.12, "RETRAINING": 0.15}
"""Share of follow-ups that go to a class instead of a mentor, or the other way round, by their kind."""

OTHER_WAY = {Target.MENTORING: Target.TRAINING, Target.TRAINING: Target.MENTORING}
GUIDED = frozenset({Target.COACHING, Target.SUPERIOR})
TASK_DAYS = (12, 50)

GUIDES_AT_WORK = text(
    "SELECT DISTINCT e.id FROM follow_ups f JOIN directory_employees e ON e.id = f.guide_id"
    " WHERE f.status = 'CONFIRMED' AND f.target = 'SUPERIOR' AND e.legal_status = '01'"
)
STOPPED_BEFORE = text(
    "SELECT f.id FROM follow_ups f WHERE f.status = 'OPEN' AND EXISTS (SELECT FROM follow_ups s"
    " WHERE s.employee_id = f.employee_id AND s.competency = f.competency AND s.cycle = f.cycle"
    " AND s.round = f.round AND s.closing_reason = :stopped)"
)
WITHOUT_ANSWER = text(
    "SELECT f.id FROM follow_ups f JOIN reviews r ON r.follow_up_id = f.id"
    " LEFT JOIN evaluations e ON e.activity_id = r.activity_id AND e.level = 3"
    " WHERE f.status = 'DONE' AND (r.status = 'DROPPED'"
    " OR r.status = 'CLOSED' AND e.verdict = 'NOT_ENOUGH_DATA') ORDER BY f.id"
)

SURVEYED = 0.5
UNITS_WITHOUT_SURVEY = text(
    "SELECT u.code, u.name FROM directory_units u WHERE NOT EXISTS (SELECT FROM citizen_surveys s"
    " WHERE s.unit_code = u.code AND s.year = :year AND s.quarter = :quarter) ORDER BY u.code"
)
MONTHS_OF_QUARTER = 3
WEIGHTS = (Decimal("0.11"), Decimal("0.111"), None)
CENT = Decimal("0.01")
HUNDREDTHS = 100


async def act(stage: Stage) -> int:
    """Do what waits for somebody in evaluation; returns how many things were done."""
    done = await answer(stage)
    done += await _decide(stage)
    done += await _report_tasks(stage) + await _give_up(stage)
    return done + await _survey(stage)


async def _decide(stage: Stage) -> int:
    """An analyst confirms what the rules opened, takes the other way now and then, or declines."""
    async with stage.transaction() as session:
        waiting = [
            (row, number)
            for row, number in await _follow_ups(session, FollowUpStatus.OPEN)
            if not _waits(stage, row, number)
        ]
        if not waiting:
            return 0
        stopped = set(await session.scalars(STOPPED_BEFORE, {"stopped": ClosingReason.STOPPED.value}))
        around = await directory.neighbourhood(session, {row.employee_id for row, _ in waiting}, stage.today)
        targets: dict[UUID, Target | None] = {}
        declined = []
        for row, number in waiting:
            has_superior = around.superior_of(row.employee_id) is not None
            if _is_declined(stage, row, number, has_superior=has_superior):
                declined.append(row.id)
            else:
                targets[row.id] = _target(stage, row, number, was_stopped=row.id in stopped)
        if targets:
            await plans.confirm(session, stage.analyst(), targets)
        for follow_up_id in declined:
            await plans.decline(session, stage.analyst(), follow_up_id)
    return len(waiting)


def _words(row: FollowUpRow, number: str) -> tuple[str, str, int, int, str]:
    return number, row.competency, row.cycle, row.round, row.kind


def _waits(stage: Stage, row: FollowUpRow, number: str) -> bool:
    return stage.dice.chance(WAITS, "waits", *_words(row, number), stage.today)


def _is_declined(stage: Stage, row: FollowUpRow, number: str, *, has_superior: bool) -> bool:
    """What no superior can take up is declined, and classes or mentors in what no dictionary of competencies has."""
    of_newcomer = row.competency == in_force_on(ONBOARDING, stage.today).competency
    misfit = not has_superior if Target(row.target) in GUIDED else of_newcomer
    return misfit or stage.dice.chance(DECLINED, "declined", *_words(row, number))


def _target(stage: Stage, row: FollowUpRow, number: str, *, was_stopped: bool) -> Target | None:
    other = OTHER_WAY.get(Target(row.target))
    if other is None:
        return None
    share = TAKES_THE_OTHER_WAY.get(row.kind, 0)
    takes_other = was_stopped or stage.dice.chance(share, "takes the other way", *_words(row, number))
    return other if takes_other else None


async def _report_tasks(stage: Stage) -> int:
    """Superiors report the tasks done that they were given some weeks ago, an analyst for one who has left."""
    async with stage.transaction() as session:
        at_work = set(await session.scalars(GUIDES_AT_WORK))
        done = 0
        for row, number in await _follow_ups(session, FollowUpStatus.CONFIRMED, Target.SUPERIOR):
            given_on = row.changed_at.astimezone(stage.database.origin.zone).date()
            days = stage.dice.between(*TASK_DAYS, "task takes", *_words(row, number))
            if row.guide_id is not None and given_on + timedelta(days=days) <= stage.today:
                actor = stage.person(row.guide_id) if row.guide_id in at_work else stage.analyst()
                await plans.report_done(session, actor, row.id)
                done += 1
    return done


async def _give_up(stage: Stage) -> int:
    """What nobody can judge, because no superior answered, is closed by an analyst."""
    async with stage.transaction() as session:
        unanswered = (await session.scalars(WITHOUT_ANSWER)).all()
        for follow_up_id in unanswered:
            await plans.give_up(session, stage.analyst(), follow_up_id)
    return len(unanswered)


async def _follow_ups(
    session: AsyncSession, status: FollowUpStatus, target: Target | None = None
) -> Sequence[tuple[FollowUpRow, str]]:
    statement = (
        select(FollowUpRow, DirectoryEmployee.employee_number)
        .join(DirectoryEmployee, DirectoryEmployee.id == FollowUpRow.employee_id)
        .where(FollowUpRow.status == status)
        .order_by(FollowUpRow.id)
    )
    if target is not None:
        statement = statement.where(FollowUpRow.target == target)
    return [(row, number) for row, number in await session.execute(statement)]


async def _survey(stage: Stage) -> int:
    """The organisation bureau sends what citizens said of each unit in the quarter that has ended."""
    quarter = (stage.today.month - 1) // MONTHS_OF_QUARTER
    year, quarter = (stage.today.year, quarter) if quarter else (stage.today.year - 1, 4)
    async with stage.transaction() as session:
        units = await session.execute(UNITS_WITHOUT_SURVEY, {"year": year, "quarter": quarter})
        surveyed = [unit for unit in units if stage.dice.chance(SURVEYED, "surveyed", unit.code)]
        if surveyed:
            results = [_result(stage, unit, year, quarter) for unit in surveyed]
            await record_surveys(session, stage.analyst(), results)
    return len(surveyed)


def _result(stage: Stage, unit: Any, year: int, quarter: int) -> Survey:
    dice, words = stage.dice, (unit.code, year, quarter)
    respondents = dice.between(60, 400, "respondents", *words)
    usual = dice.between(295, 350, "service", unit.code)
    sums = {name: respondents * (usual + dice.between(-22, 22, name, *words)) // HUNDREDTHS for name in ELEMENTS}
    weight = dice.pick(WEIGHTS, "weight", unit.code)
    official = None if weight is None else sum(sums.values()) * SCALE * weight / respondents
    return Survey(
        unit_code=unit.code,
        unit_name=unit.name,
        year=year,
        quarter=quarter,
        respondents=respondents,
        sums=sums,
        official_index=None if official is None else official.quantize(CENT, ROUND_HALF_UP),
        official_weight=weight,
        eighth_element=dice.pick(tuple(EighthElement), "eighth element", unit.code),
    )
