"""People and programs at the door of a service, and behind it records about two people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from services.needs.commands.analysis import analyse_needs
from services.needs.commands.assessments import Assessment, record_assessments
from services.needs.commands.plan import Proposal, propose_items
from services.needs.domain.evidence import EvidenceKind
from services.needs.domain.plan import Particulars
from services.needs.tables import DeputyRow, EmployeeRow, NeedRow, PerformanceRow, PositionRow, UnitRow
from shared import clock
from shared.db import Database
from shared.events.needs import NeedIdentified
from shared.identity.actor import Actor, Role
from shared.identity.bearer import SIGN_IN_PREFIX, digest, new_token
from shared.identity.tables import Account, SignIn
from shared.identity.tokens import issue_token
from shared.ids import new_id
from tests.integration import classroom
from tests.integration.mentorship import Case, two_cases
from tests.integration.participants import Participant, consumer_of, evaluations, follow_ups
from tests.integration.workplace import Worker, forms, reviews
from tests.records import record_of

Paths = dict[str, str]
"""Route → where it answers with the person's own record."""

ANALYST = Actor(id=UUID(int=8), kind="ACCOUNT", roles=frozenset({Role.ANALYST}))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody about whom the service has one record of each kind.

    marks: by which id a page shows the record, where it is not the person's: pages write names and link to records.
    """

    employee_id: UUID
    paths: Paths
    marks: Mapping[str, UUID] = field(default_factory=dict)


async def badge(database: Database, role: Role | frozenset[Role], employee_id: UUID) -> str:
    """The token of a person who has signed in with this role, or these."""
    roles = sorted(role) if isinstance(role, frozenset) else [role]
    token = new_token(SIGN_IN_PREFIX)
    async with database.transaction() as session:
        ends = await session.scalar(select(func.clock_timestamp() + timedelta(hours=1)))
        account = Account(id=new_id(), name=f"orang-{new_id()}", password_hash="", roles=roles, employee_id=employee_id)
        session.add(account)
        await session.flush()
        session.add(SignIn(token_sha256=digest(token), account_id=account.id, expires_at=ends))
    return token


async def machine_token(database: Database, role: Role) -> str:
    """The token of a program with this role."""
    async with database.transaction() as session:
        return await issue_token(session, f"program-{role}", [role], timedelta(days=1))


async def two_people(service: str, database: Database) -> tuple[Person, Person]:
    """Two people of one unit, with their records."""
    return await RECORDS[service](database)


async def _in_needs(database: Database) -> tuple[Person, Person]:
    unit = UnitRow(id=new_id(), code="1.04", name="Dinas Contoh")
    position = PositionRow(id=new_id(), title="Analis Contoh", position_class="PELAKSANA")
    async with database.transaction() as session:
        session.add_all([unit, position])
        await session.flush()
        numbers = ("198001012005012001", "198001012005012002")
        rows = [_employee(number, unit.id, position.id) for number in numbers]
        session.add_all(rows)
        await session.flush()
        session.add_all(PerformanceRow(employee_id=row.id, year=2025, predicate="BAIK") for row in rows)
        session.add_all(_past_deputy(row.id, unit.id) for row in rows)
    return await _need_of(database, rows[0].id), await _need_of(database, rows[1].id)


async def _need_of(database: Database, employee_id: UUID) -> Person:
    """Somebody assessed, with a need that is planned."""
    assessed = Assessment(
        employee_id=employee_id, kind=EvidenceKind.TEST, assessed_on=date(2026, 3, 2), levels={"PELAYANAN_PUBLIK": 0}
    )
    async with database.transaction() as session:
        await record_assessments(session, [assessed])
        await analyse_needs(session, ANALYST, (await clock.today(session)).year, None)
    async with database.transaction() as session:
        need_id = (await session.scalars(select(NeedRow.id).where(NeedRow.employee_id == employee_id))).one()
        await session.execute(update(NeedRow).where(NeedRow.id == need_id).values(status="VALIDATED"))
        item = Proposal(need_id=need_id, particulars=Particulars(form=8))
        [item_id] = await propose_items(session, ANALYST, [item])
    paths = {
        **_list_and_item("needs", "employees", "employee_id", employee_id),
        **_list_and_item("needs", "assessments", "assessment_id", assessed.id),
        **_list_and_item("needs", "needs", "need_id", need_id),
        **_list_and_item("needs", "plan-items", "plan_item_id", item_id),
        "GET /needs/performance": "/needs/performance",
        "GET /needs/deputies": "/needs/deputies",
        "GET /needs/pages/deputies": "/needs/pages/deputies",
        "GET /needs/gaps/{employee_id}": f"/needs/gaps/{employee_id}",
        **_list_and_item("needs", "pages/people", "employee_id", employee_id),
        "GET /needs/pages/needs/{need_id}": f"/needs/pages/needs/{need_id}",
        "GET /needs/pages/me": "/needs/pages/me",
    }
    return Person(employee_id, paths)


def _past_deputy(employee_id: UUID, unit_id: UUID) -> DeputyRow:
    """A duty that is over, by a decree whose number a page shows."""
    return DeputyRow(
        id=new_id(),
        unit_id=unit_id,
        employee_id=employee_id,
        capacity="PLT",
        decree_number=str(employee_id),
        from_date=date(2020, 1, 1),
        to_date=date(2020, 1, 31),
        recorded_by=ANALYST.id,
        recorded_at=datetime(2020, 1, 1, tzinfo=UTC),
    )


def _employee(number: str, unit_id: UUID, position_id: UUID) -> EmployeeRow:
    return EmployeeRow(
        id=new_id(),
        employee_number=number,
        name="Contoh Rekaan",
        employment_type="PNS",
        legal_status="01",
        unit_id=unit_id,
        position_id=position_id,
        valid_from=date(2020, 1, 1),
    )


async def _in_training(database: Database) -> tuple[Person, Person]:
    ids = await classroom.people(database, "Ani", "Budi")
    held = await classroom.add_class(database, 4)
    await classroom.enrol(database, held.id, *ids)
    demands = [await classroom.demand(database, each) for each in ids]
    await classroom.nominate(database, held.id, *ids)
    of_class = {
        f"GET /training/classes/{{class_id}}/{kind}": f"/training/classes/{held.id}/{kind}"
        for kind in ("enrolments", "nominations")
    }
    ani, budi = (
        Person(
            each,
            {
                **of_class,
                "GET /training/enrolments": "/training/enrolments",
                "GET /training/pages/classes/{class_id}": f"/training/pages/classes/{held.id}",
                "GET /training/pages/me": "/training/pages/me",
                "GET /training/pages/people/{employee_id}": f"/training/pages/people/{each}",
            }
            | _list_and_item("training", "demands", "demand_id", demand.id)
            | _list_and_item("training", "learning-hours", "employee_id", each),
        )
        for each, demand in zip(ids, demands, strict=True)
    )
    return ani, budi


async def _in_mentoring(database: Database) -> tuple[Person, Person]:
    ani, budi = [
        Person(each.employee_id, _of_mentoring(each), _marks_of_mentoring(each)) for each in await two_cases(database)
    ]
    return ani, budi


def _marks_of_mentoring(case: Case) -> dict[str, UUID]:
    return (
        _list_and_item_marks("mentoring", "pairs", "pair_id", case.pair_id)
        | _list_and_item_marks("mentoring", "requests", "request_id", case.request_id)
        | {"GET /mentoring/pages/proposals": case.request_id}
    )


def _of_mentoring(case: Case) -> Paths:
    return (
        _list_and_item("mentoring", "requests", "request_id", case.request_id)
        | _list_and_item("mentoring", "pairs", "pair_id", case.pair_id)
        | _list("mentoring", "mentors", "pair-sessions", "proposals", "pages/proposals", "pages/mentors")
        | _list_and_item("mentoring", "pages/requests", "request_id", case.request_id)
        | _list_and_item("mentoring", "pages/pairs", "pair_id", case.pair_id)
    )


async def _in_evaluation(database: Database) -> tuple[Person, Person]:
    seats = Participant(), Participant()
    for seat in seats:
        need = NeedIdentified(
            need_id=seat.need_id,
            employee_id=seat.employee_id,
            competency=seat.competency,
            cycle=2026,
            standard_level=3,
            current_level=2,
            gap=-1,
        )
        records = [Worker(id=seat.employee_id).recorded(), record_of(need)]
        await consumer_of(database).take([*records, seat.measured(pre=55, post=64), seat.completed()])
    concluded = {row.employee_id: row.id for row in await evaluations(database)}
    opened = {row.employee_id: row.id for row in await follow_ups(database)}
    reviewed = {row.employee_id: row.id for row in await reviews(database)}
    asked = {row.respondent_id: row.id for row in await forms(database)}
    ani, budi = (
        Person(
            seat.employee_id,
            _list_and_item("evaluation", "evaluations", "evaluation_id", concluded[seat.employee_id])
            | _list_and_item("evaluation", "follow-ups", "follow_up_id", opened[seat.employee_id])
            | _list_and_item("evaluation", "reviews", "review_id", reviewed[seat.employee_id])
            | _list_and_item("evaluation", "journeys", "need_id", seat.need_id)
            | _list_and_item("evaluation", "pages/reviews", "review_id", reviewed[seat.employee_id])
            | _list_and_item("evaluation", "pages/forms", "form_id", asked[seat.employee_id])
            | _list_and_item("evaluation", "pages/follow-ups", "follow_up_id", opened[seat.employee_id])
            | _list_and_item("evaluation", "pages/journeys", "need_id", seat.need_id)
            | _list("evaluation", "forms"),
            _list_and_item_marks("evaluation", "reviews", "review_id", reviewed[seat.employee_id])
            | _list_and_item_marks("evaluation", "forms", "form_id", asked[seat.employee_id])
            | _list_and_item_marks("evaluation", "follow-ups", "follow_up_id", opened[seat.employee_id])
            | _list_and_item_marks("evaluation", "journeys", "need_id", seat.need_id),
        )
        for seat in seats
    )
    return ani, budi


def _list_and_item_marks(service: str, kind: str, parameter: str, record_id: UUID) -> dict[str, UUID]:
    return dict.fromkeys(_list_and_item(service, f"pages/{kind}", parameter, record_id), record_id)


def _list(service: str, *kinds: str) -> Paths:
    return {f"GET /{service}/{kind}": f"/{service}/{kind}" for kind in kinds}


def _list_and_item(service: str, kind: str, parameter: str, record_id: UUID) -> Paths:
    path = f"/{service}/{kind}"
    return {f"GET {path}": path, f"GET {path}/{{{parameter}}}": f"{path}/{record_id}"}


RECORDS: dict[str, Callable[[Database], Awaitable[tuple[Person, Person]]]] = {
    "needs": _in_needs,
    "training": _in_training,
    "mentoring": _in_mentoring,
    "evaluation": _in_evaluation,
}
