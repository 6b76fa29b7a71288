"""What each service knows on the first day of the made-up year, so that what is told meets something to change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import UUID

from services.evaluation.commands import follow_ups
from services.evaluation.domain.evaluations import Case as CaseOfEvaluation
from services.evaluation.domain.evaluations import Signal
from services.evaluation.domain.follow_ups import FollowUp, FollowUpStatus
from services.evaluation.domain.rules import FollowUpPlan, Target
from services.mentoring.commands.pairs import Guide, make_pairs
from services.mentoring.commands.requests import Change, open_requests
from services.mentoring.domain.pairs import Basis
from services.mentoring.domain.requests import Form, Origin, Request
from services.needs.commands.steps import write_items
from services.needs.domain.needs import Need, NeedStatus
from services.needs.domain.plan import ItemStatus, Particulars, PlanItem
from services.needs.tables import EmployeeRow, NeedRow, PositionRow, UnitRow
from services.needs.tables.needs import need_values
from services.training import commands as training
from services.training.domain import Schedule, Terms
from shared import directory
from shared.db import Database, insert_rows
from shared.delivery.envelope import Received
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.identity.actor import SYSTEM
from shared.ids import new_id
from tests.load.year import COMPETENCIES, CURRENT, CYCLE, NEW_YEAR, POSITION, RULES, STANDARD, UNITS, Year

LAST_YEAR = CYCLE - 1
GUIDED, SEATED = 5, 10
"""One person in so many has a guide, or a seat in a class to come, from before."""

Prepare = Callable[[Database, Year], Awaitable[None]]


async def directory_of(database: Database, year: Year) -> None:
    """Everybody as they were."""
    async with database.transaction() as session:
        await directory.on_employee_recorded(session, [_received(person) for person in year.people])


async def needs(database: Database, year: Year) -> None:
    """Every need is planned for; people stand where they will have gone when it is told."""
    newest = {person.employee_id: person for person in year.people}
    newest |= {e.event.employee_id: e.event for e in year.told if isinstance(e.event, EmployeeRecorded)}
    before = {person.employee_id: person for person in year.people}
    moment = datetime.now(UTC)
    planned = [
        Need(
            id=case.need_id,
            employee_id=case.employee_id,
            competency=case.competency,
            cycle=CYCLE,
            standard_level=STANDARD,
            current_level=CURRENT,
            unit_id=before[case.employee_id].unit_id,
            position_id=POSITION,
            identified_on=NEW_YEAR,
            status=NeedStatus.PLANNED,
        )
        for case in year.cases
    ]
    items = [
        PlanItem(
            id=case.plan_item_id,
            need_id=case.need_id,
            employee_id=case.employee_id,
            competency=case.competency,
            cycle=CYCLE,
            particulars=Particulars(form=case.form),
            status=ItemStatus.APPROVED,
        )
        for case in year.cases
    ]
    people = [{name: getattr(e, name) for name in EMPLOYEE_COLUMNS} | {"id": e.employee_id} for e in newest.values()]
    async with database.transaction() as session:
        units = [{"id": unit, "code": str(number), "name": "Unit Rekaan"} for number, unit in enumerate(UNITS)]
        await insert_rows(session, UnitRow, units)
        await insert_rows(session, PositionRow, [{"id": POSITION, "title": "Analis", "position_class": "PENGAWAS"}])
        await insert_rows(session, EmployeeRow, people)
        await insert_rows(session, NeedRow, [need_values(need, moment, contradicted=False) for need in planned])
        await write_items(session, items)


EMPLOYEE_COLUMNS = (
    "employee_number",
    "name",
    "employment_type",
    "legal_status",
    "unit_id",
    "position_id",
    "superior_id",
    "valid_from",
)


async def seats(database: Database, year: Year) -> None:
    """Some have a seat in a class that is still to come."""
    begins = datetime.now(UTC).date() + timedelta(days=60)
    terms = Terms(
        competency=COMPETENCIES[0],
        learning_hours=8,
        pass_mark=70,
        minimum_attendance_percent=80,
        post_test_required=True,
    )
    schedule = Schedule(start_date=begins, end_date=begins, place="Medan", capacity=25, session_hours=(8,))
    waiting = iter(year.people[::SEATED])
    async with database.transaction() as session:
        program = await training.create_program(session, SYSTEM, "KELAS-REKAAN", "Kelas Rekaan", 8, terms)
        while group := list(islice(waiting, schedule.capacity)):
            planned = await training.schedule_class(session, SYSTEM, program.id, schedule)
            newcomers = [training.Newcomer(employee_id=each.employee_id) for each in group]
            await training.enrol(session, SYSTEM, planned.id, newcomers)


async def pairs(database: Database, year: Year) -> None:
    """Some are mentored already."""
    people = year.people[::GUIDED]
    asked = [
        Request(
            id=new_id(),
            employee_id=person.employee_id,
            competency=COMPETENCIES[0],
            origin=Origin.OWN,
            form=Form.MENTORING,
        )
        for person in people
    ]
    mentors = [*people[1:], people[0]]
    guides = [
        Guide(request=request, mentor_id=mentor.employee_id, basis=Basis.MATCHING)
        for request, mentor in zip(asked, mentors, strict=True)
    ]
    async with database.transaction() as session:
        await open_requests(session, [Change(request=request) for request in asked])
        await make_pairs(session, guides)


async def orders(database: Database, year: Year) -> None:
    """The follow-ups that some seats of this year were asked for by, and the cases of last year they belong to."""
    plan = FollowUpPlan(kind="RETRAINING", cause="NOT_MASTERED", target=Target.TRAINING, due_in_days=60)
    ordered = [
        FollowUp(
            id=case.ordered_by,
            evaluation_id=new_id(),
            case=CaseOfEvaluation(case.employee_id, case.competency, LAST_YEAR),
            round=2,
            signal=Signal.GAP_REMAINS,
            plan=plan,
            due_date=date(CYCLE, 3, 1),
            rule="L3_PERSON",
            rule_version=RULES,
            need_ids=(UUID(bytes=case.need_id.bytes),),
            status=FollowUpStatus.CONFIRMED,
        )
        for case in year.cases
        if case.ordered_by is not None
    ]
    async with database.transaction() as session:
        await follow_ups.write(session, ordered)


PREPARED: Mapping[str, Prepare] = {"needs": needs, "training": seats, "mentoring": pairs, "evaluation": orders}


def _received(event: EmployeeRecorded) -> Received[EmployeeRecorded]:
    contract: type[Event] = type(event)
    return Received(
        event_id=new_id(),
        type=EmployeeRecorded,
        topic=contract.topic,
        subject=event.subject,
        time=None,
        sequence=0,
        agency="medan",
        correlation_id=event.subject,
        causation_id=None,
        payload=event,
    )
