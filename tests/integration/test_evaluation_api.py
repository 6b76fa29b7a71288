"""Evaluation through its routes: analysts and auditors read all, others what is about themselves."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.evaluation.app import SERVICE
from shared.events.training import ProgramRecorded
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from shared.web.guards import unguarded_routes
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.participants import Participant, consumer_of, evaluations, follow_ups
from tests.records import record_of


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="evaluation", agency="medan", lineages=lineages)) as house:
        yield house


async def conclude(house: House, *seats: Participant, post: int = 64) -> None:
    """Let each seat be evaluated, oldest first."""
    for seat in seats:
        await consumer_of(house.database).take([seat.measured(pre=55, post=post), seat.completed()])


def test_every_route_is_guarded(house: House) -> None:
    assert unguarded_routes(house.app) == []


async def test_evaluation_is_shown_with_its_figures_and_programme(house: House) -> None:
    ani = Participant()
    program = ProgramRecorded(
        program_id=ani.program_id,
        code="BIMTEK-LAYANAN",
        title="Bimtek Pelayanan Publik",
        form=8,
        competency=ani.competency,
        learning_hours=20,
        pass_mark=70,
    )
    await consumer_of(house.database).take([record_of(program)])
    await conclude(house, ani)
    [row], [follow_up] = await evaluations(house.database), await follow_ups(house.database)
    analyst = await house.person(Role.ANALYST)

    answer = await analyst.get(f"/evaluation/evaluations/{row.id}")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(row.id),
        "activity_kind": "TRAINING",
        "activity_id": str(ani.enrolment_id),
        "enrolment_id": str(ani.enrolment_id),
        "class_id": str(ani.class_id),
        "program_id": str(ani.program_id),
        "program_title": "Bimtek Pelayanan Publik",
        "employee_id": str(ani.employee_id),
        "competency": ani.competency,
        "level": 2,
        "verdict": "NOT_EFFECTIVE",
        "figure": "64.00",
        "gain": "0.20",
        "rule": "L2_PERSON",
        "rule_version": "2019-01-01",
        "concluded_at": row.concluded_at.isoformat().replace("+00:00", "Z"),
        "follow_up_id": str(follow_up.id),
    }


async def test_follow_up_is_shown_with_its_reasons(house: House) -> None:
    ani = Participant()
    again = Participant(employee_id=ani.employee_id)
    await conclude(house, ani, again)
    [follow_up], reasons = await follow_ups(house.database), await evaluations(house.database)
    auditor = await house.person(Role.AUDITOR)

    answer = (await auditor.get(f"/evaluation/follow-ups/{follow_up.id}")).json()

    assert answer["reasons"] == [str(row.id) for row in reasons]
    assert (answer["kind"], answer["cause"], answer["target"]) == ("REMEDIAL", "NOT_MASTERED", "MENTORING")
    assert answer["due_date"] == (follow_up.opened_at + timedelta(hours=7, days=30)).date().isoformat()


async def test_everybody_reads_about_themselves_only(house: House) -> None:
    ani, budi = Participant(), Participant()
    await conclude(house, ani, budi)
    about = {row.employee_id: row.id for row in await evaluations(house.database)}
    plans = {row.employee_id: row.id for row in await follow_ups(house.database)}
    person = await house.person(Role.EMPLOYEE, employee_id=ani.employee_id)

    assert [row["id"] for row in (await person.get("/evaluation/evaluations")).json()] == [str(about[ani.employee_id])]
    assert [row["id"] for row in (await person.get("/evaluation/follow-ups")).json()] == [str(plans[ani.employee_id])]
    assert (await person.get(f"/evaluation/evaluations?employee_id={budi.employee_id}")).json() == []
    assert (await person.get(f"/evaluation/evaluations/{about[ani.employee_id]}")).status_code == 200
    assert (await person.get(f"/evaluation/follow-ups/{plans[ani.employee_id]}")).status_code == 200
    assert (await person.get(f"/evaluation/evaluations/{about[budi.employee_id]}")).status_code == 404
    assert (await person.get(f"/evaluation/follow-ups/{plans[budi.employee_id]}")).status_code == 404


async def test_who_is_bound_to_no_employee_sees_nothing(house: House) -> None:
    await conclude(house, Participant())
    [row], [plan] = await evaluations(house.database), await follow_ups(house.database)
    operator = await house.person(Role.OPERATOR, Role.MENTOR)

    assert (await operator.get("/evaluation/evaluations")).json() == []
    assert (await operator.get("/evaluation/follow-ups")).json() == []
    assert (await operator.get(f"/evaluation/evaluations/{row.id}")).status_code == 404
    assert (await operator.get(f"/evaluation/follow-ups/{plan.id}")).status_code == 404


async def test_foreign_and_unknown_ids_are_answered_alike(house: House) -> None:
    await conclude(house, Participant())
    [row] = await evaluations(house.database)
    person = await house.person(Role.EMPLOYEE, employee_id=new_id())

    foreign = (await person.get(f"/evaluation/evaluations/{row.id}")).json()
    unknown = (await person.get(f"/evaluation/evaluations/{new_id()}")).json()

    assert (
        (foreign["status"], foreign["detail"])
        == (unknown["status"], unknown["detail"])
        == (404, "Evaluasi ini tidak ada.")
    )


async def test_nobody_reads_without_signing_in(house: House) -> None:
    visitor = await house.visitor()

    for path in ("evaluations", f"evaluations/{new_id()}", "follow-ups", f"follow-ups/{new_id()}"):
        assert (await visitor.get(f"/evaluation/{path}")).status_code == 401


async def test_lists_are_filtered_and_come_in_pages_newest_first(house: House) -> None:
    seats = [Participant() for _ in range(5)]
    await conclude(house, *seats)
    await consumer_of(house.database).take([seats[0].measured(pre=55, post=90)])
    analyst = await house.person(Role.ANALYST)

    first = (await analyst.get("/evaluation/evaluations?limit=2")).json()
    rest = (await analyst.get(f"/evaluation/evaluations?before={first[-1]['id']}")).json()
    one = (await analyst.get(f"/evaluation/evaluations?enrolment_id={seats[2].enrolment_id}")).json()
    other = (await analyst.get(f"/evaluation/evaluations?employee_id={seats[3].employee_id}")).json()
    closed = (await analyst.get("/evaluation/follow-ups?status=CLOSED")).json()

    newest_first = [str(seat.enrolment_id) for seat in reversed(seats)]
    assert [row["enrolment_id"] for row in first + rest] == newest_first
    assert len(first) == 2
    assert [row["enrolment_id"] for row in one] == [str(seats[2].enrolment_id)]
    assert [row["enrolment_id"] for row in other] == [str(seats[3].enrolment_id)]
    assert [row["employee_id"] for row in closed] == [str(seats[0].employee_id)]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "before=x", "employee_id=1", "enrolment_id=x"])
async def test_questions_that_make_no_sense_are_refused(house: House, query: str) -> None:
    analyst = await house.person(Role.ANALYST)

    assert (await analyst.get(f"/evaluation/evaluations?{query}")).status_code == 422
