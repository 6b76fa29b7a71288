"""An id inside another: what belongs to one class cannot be reached through the address of another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from services.training.app import SERVICE
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.classroom import add_class, enrol, people
from tests.integration.house import House, opened


@pytest.fixture
async def house(make_database: MakeDatabase) -> AsyncIterator[House]:
    lineages = [*SERVICE.lineages, IDENTITY]
    async with opened(SERVICE, await make_database(service="training", agency="medan", lineages=lineages)) as house:
        yield house


def attendance(enrolment_id: UUID) -> dict[str, object]:
    return {"participants": [{"enrolment_id": str(enrolment_id), "present": True}]}


def scores(enrolment_id: UUID) -> dict[str, object]:
    return {"participants": [{"enrolment_id": str(enrolment_id), "pre_score": 40, "post_score": 90}]}


async def test_seat_is_reached_through_its_own_class_only(house: House) -> None:
    ani, budi = await people(house.database, "Ani", "Budi")
    own, other = [await add_class(house.database, 4) for _ in range(2)]
    [seat], _ = await enrol(house.database, own.id, ani), await enrol(house.database, other.id, budi)
    facilitator = await house.person(Role.FACILITATOR)

    refused = [
        await facilitator.put(f"/training/classes/{other.id}/{list_}", json=line(seat_id))
        for seat_id in (seat.id, new_id())
        for list_, line in (("sessions/1/attendance", attendance), ("scores", scores))
    ]
    untouched = (await facilitator.get(f"/training/classes/{own.id}/enrolments")).json()
    taken = [
        await facilitator.put(f"/training/classes/{own.id}/sessions/1/attendance", json=attendance(seat.id)),
        await facilitator.put(f"/training/classes/{own.id}/scores", json=scores(seat.id)),
    ]

    assert {answer.status_code for answer in refused} == {422}
    assert len({answer.json()["detail"] for answer in refused}) == 1, "a seat elsewhere and none at all differ"
    assert (untouched[0]["presence"], untouched[0]["enrolment"]["post_score"]) == ({}, None)
    assert [answer.status_code for answer in taken] == [200, 200]
