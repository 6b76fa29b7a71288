"""The journey of a need: every event about it whatever order it came in, each with its cause, by route and command."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from services.evaluation.app import SERVICE
from services.evaluation.cli import journey
from shared.db import Database
from shared.delivery.envelope import Record
from shared.events.needs import (
    CompetencyAssessed,
    NeedClosed,
    NeedIdentified,
    NeedStandardChanged,
    NeedValidated,
    PlanItemApproved,
)
from shared.events.training import ClassScheduled, LearningHoursCredited, LearningHoursReversed
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.house import House, opened
from tests.integration.participants import Participant, consumer_of
from tests.integration.workplace import take
from tests.records import emitted, event_id_of, record_of


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="evaluation", agency="medan", lineages=lineages)) as house:
        yield house


def story_of(seat: Participant) -> list[Record]:
    """From the gap to the close of a need, as the other services tell it; each caused by the one before."""
    need = {
        "need_id": seat.need_id,
        "employee_id": seat.employee_id,
        "competency": seat.competency,
        "cycle": 2026,
    }
    levels = {"standard_level": 3, "current_level": 2}
    identified = record_of(NeedIdentified.model_validate({**need, **levels, "gap": -1}), causation="command:analisis")
    validated = record_of(NeedValidated.model_validate(need), causation=str(event_id_of(identified)))
    approved = record_of(
        PlanItemApproved.model_validate({**need, **levels, "plan_item_id": new_id(), "form": 8}),
        causation=str(event_id_of(validated)),
    )
    evidence = CompetencyAssessed(
        assessment_id=new_id(),
        employee_id=seat.employee_id,
        source="CENTRE",
        assessed_on=seat.end_date,
        levels={seat.competency: 3},
    )
    closed = NeedClosed.model_validate({**need, "level": 3, "assessment_id": evidence.assessment_id})
    class_held = [scheduled(seat), seat.confirmed(), seat.measured(pre=55, post=64), seat.completed()]
    return [identified, validated, approved, *class_held, *hours_of(seat), record_of(evidence), record_of(closed)]


def scheduled(seat: Participant) -> Record:
    event = ClassScheduled(
        class_id=seat.class_id,
        program_id=seat.program_id,
        start_date=seat.end_date,
        end_date=seat.end_date,
        cost_level="FREE",
    )
    return record_of(event)


def hours_of(seat: Participant) -> list[Record]:
    """Hours credited for a seat, and reversed under an id that names the credit only."""
    hours: dict[str, Any] = {
        "credit_id": new_id(),
        "employee_id": seat.employee_id,
        "form_code": "B10",
        "hours": 20,
        "year": 2026,
    }
    credit = {"ends_on": seat.end_date, "origin": "ENROLMENT", "source_id": seat.enrolment_id}
    credited = LearningHoursCredited.model_validate({**hours, **credit, "rule_version": "2019-02-01"})
    return [record_of(credited), record_of(LearningHoursReversed.model_validate({**hours, "reason": "CORRECTED"}))]


async def told_back(database: Database) -> None:
    """What evaluation itself has said comes back to it through the log."""
    await consumer_of(database).take([each.as_record() for each in await emitted(database)])


TYPES = [
    "needs.need_identified",
    "needs.need_validated",
    "needs.plan_item_approved",
    "training.class_scheduled",
    "training.enrolment_confirmed",
    "training.learning_measured",
    "training.training_completed",
    "training.learning_hours_credited",
    "training.learning_hours_reversed",
    "needs.competency_assessed",
    "needs.need_closed",
    "evaluation.follow_up_opened",
    "evaluation.evaluation_concluded",
]


@pytest.mark.parametrize("seed", range(4))
async def test_journey_holds_every_step_in_whatever_order_things_arrive(house: House, seed: int) -> None:
    seat, other = Participant(), Participant()
    story = story_of(seat)
    in_order_per_key: dict[str | None, list[Record]] = {}
    for record in [*story, *story_of(other)]:
        in_order_per_key.setdefault(record.key, []).append(record)
    queues = list(in_order_per_key.values())
    chance = random.Random(seed)
    while queues:
        queue = chance.choice(queues)
        await consumer_of(house.database).take([queue.pop(0)])
        queues = [left for left in queues if left]
    await told_back(house.database)
    await told_back(house.database)
    auditor = await house.person(Role.AUDITOR)

    found = (await auditor.get(f"/evaluation/journeys/{seat.need_id}")).json()

    assert sorted(step["type"].removeprefix("bangkom.").removesuffix(".v1") for step in found["steps"]) == sorted(TYPES)
    assert found["need"] == {
        "id": str(seat.need_id),
        "employee_id": str(seat.employee_id),
        "competency": seat.competency,
        "cycle": 2026,
        "standard_level": 3,
        "current_level": 2,
    }
    assert [review["activity_id"] for review in found["reviews"]] == [str(seat.enrolment_id)]


async def test_each_step_names_its_service_time_cause_and_what_decided(house: House) -> None:
    seat = Participant()
    story = story_of(seat)
    await take(house.database, *story)
    await told_back(house.database)
    person = await house.person(employee_id=seat.employee_id)

    steps = (await person.get(f"/evaluation/journeys/{seat.need_id}")).json()["steps"]

    by_type = {step["type"].split(".")[2]: step for step in steps}
    assert [step["number"] for step in steps] == list(range(1, len(steps) + 1))
    assert by_type["need_identified"]["causation"] == "command:analisis"
    assert by_type["need_validated"]["caused_by"] == by_type["need_identified"]["number"]
    concluded = by_type["evaluation_concluded"]
    assert concluded["caused_by"] == by_type["training_completed"]["number"]
    assert (concluded["service"], concluded["facts"]["figure"], concluded["facts"]["rule_version"]) == (
        "evaluation",
        "64.00",
        "2019-01-01",
    )
    assert by_type["follow_up_opened"]["at"].endswith("+07:00")


async def test_need_goes_by_the_standard_of_the_newest_position_though_an_older_item_comes_later(house: House) -> None:
    seat = Participant()
    identified, _, approved, *_ = story_of(seat)
    changed = NeedStandardChanged(
        need_id=seat.need_id, employee_id=seat.employee_id, competency=seat.competency, cycle=2026, standard_level=5
    )
    for record in (identified, record_of(changed), approved):
        await take(house.database, record)
    person = await house.person(employee_id=seat.employee_id)

    need = (await person.get(f"/evaluation/journeys/{seat.need_id}")).json()["need"]

    assert (need["standard_level"], need["current_level"]) == (5, 2)


async def test_foreign_journey_is_not_found(house: House) -> None:
    seat = Participant()
    await take(house.database, *story_of(seat))
    stranger = await house.person(employee_id=new_id())

    assert (await stranger.get(f"/evaluation/journeys/{seat.need_id}")).status_code == 404
    assert (await stranger.get("/evaluation/journeys")).json() == []


class Holder:
    """Opens the database anew for each command, as the operator's program does."""

    def __init__(self, database: Database) -> None:
        self._like = database

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        assert service == "evaluation"
        database = Database(self._like.url, self._like.origin)
        try:
            yield database
        finally:
            await database.close()


async def shown(database: Database, case_id: UUID) -> tuple[int, str]:
    result = await asyncio.to_thread(CliRunner().invoke, journey, [str(case_id)], obj=Holder(database))
    return result.exit_code, result.output


async def test_operator_follows_a_case_from_any_of_its_ids(house: House) -> None:
    seat = Participant()
    await take(house.database, *story_of(seat))
    await told_back(house.database)

    by_need, by_seat = await shown(house.database, seat.need_id), await shown(house.database, seat.enrolment_id)
    code, output = by_need

    assert by_need == by_seat
    assert code == 0
    assert "evaluation: evaluation_concluded" in output
    assert "verdict=NOT_EFFECTIVE figure=64.00" in output
    assert len(output.splitlines()) == 2 + len(TYPES) + 1


async def test_operator_is_told_when_there_is_no_such_case(house: House) -> None:
    code, output = await shown(house.database, new_id())

    assert code == 1
    assert output.startswith("Tidak ada kebutuhan")
