"""Accounts to try Bangkom with: one for each role, made once, in a simulation only."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import update

from shared.db import KERNEL, Database
from shared.directory import DirectoryEmployee
from shared.errors import NotAllowed
from shared.identity.accounts import list_accounts
from shared.identity.actor import Role
from shared.identity.demo_accounts import PASSWORD, Cast, cast_from, ensure_demo_accounts, told
from shared.identity.sign_in import sign_in
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.classroom import people

MENTOR = UUID(int=77)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training", agency="medan", lineages=[KERNEL, IDENTITY])


async def test_every_role_can_be_tried_and_a_second_start_makes_none_anew(database: Database) -> None:
    chief, *team = await people(database, "Atasan", "Ani", "Budi", "Citra")
    async with database.transaction() as session:
        below = DirectoryEmployee.id.in_(team)
        await session.execute(update(DirectoryEmployee).where(below).values(superior_id=chief))
        cast = await cast_from(session, MENTOR)

    accounts = await ensure_demo_accounts(database, cast, simulation=True)
    again = await ensure_demo_accounts(database, cast, simulation=True)

    assert accounts == again
    assert {role for account in accounts for role in account.roles} == set(Role)
    async with database.session() as session:
        stored = {row.name: row.employee_id for row in await list_accounts(session)}
    assert stored.keys() == {account.name for account in accounts}
    assert (stored["atasan"], stored["mentor"]) == (chief, MENTOR)
    assert {stored["pegawai"], stored["pengelola"]} <= set(team)
    assert stored["pegawai"] != stored["pengelola"]
    await sign_in(database, "pegawai", PASSWORD)


async def test_without_people_there_are_the_accounts_of_offices_alone(database: Database) -> None:
    async with database.session() as session:
        cast = await cast_from(session)

    lines = told(await ensure_demo_accounts(database, cast, simulation=True))

    assert PASSWORD in lines[0]
    assert not [line for line in lines if "pegawai" in line.split()[0]]


async def test_outside_a_simulation_there_are_none(database: Database) -> None:
    with pytest.raises(NotAllowed):
        await ensure_demo_accounts(database, Cast(), simulation=False)

    async with database.session() as session:
        assert await list_accounts(session) == []
