"""The audit log: written with the act, never changed after."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from shared import audit, clock
from shared.db import KERNEL, Database
from shared.identity.actor import SYSTEM, Actor, Role
from tests.conftest import MakeDatabase

OFFICER = Actor(id=uuid4(), kind="ACCOUNT", roles=frozenset({Role.UNIT_STAFF}))
OVERWRITE = (
    "INSERT INTO audit_entries OVERRIDING SYSTEM VALUE SELECT * FROM audit_entries"
    " ON CONFLICT (id) DO UPDATE SET action = 'nothing'"
)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training", agency="medan", lineages=[KERNEL])


async def entries(database: Database) -> list[audit.AuditEntry]:
    async with database.transaction() as session:
        return list(await session.scalars(select(audit.AuditEntry).order_by(audit.AuditEntry.id)))


async def test_entry_names_actor_action_subject_and_on_whose_behalf(database: Database) -> None:
    subject, represented = uuid4(), uuid4()

    async with database.transaction() as session:
        audit.record(session, OFFICER, "class.enrol", "class", subject, {"seats": 2}, on_behalf_of=represented)
        audit.record(session, SYSTEM, "import.employees", "import")

    first, second = await entries(database)
    assert (first.actor_id, first.on_behalf_of, first.action) == (OFFICER.id, represented, "class.enrol")
    assert (first.subject_type, first.subject_id, first.details) == ("class", subject, {"seats": 2})
    assert (second.actor_id, second.on_behalf_of, second.subject_id, second.details) == (SYSTEM.id, None, None, {})


async def test_entry_is_dated_by_the_clock(database: Database) -> None:
    async with database.transaction() as session:
        await clock.advance(session, timedelta(days=90), simulation=True)
        audit.record(session, SYSTEM, "clock.advance", "clock")

    async with database.transaction() as session:
        now = await clock.now(session)
    (entry,) = await entries(database)
    assert timedelta() <= now - entry.at < timedelta(minutes=1)


async def test_entry_goes_with_the_act_it_is_about(database: Database) -> None:
    async with database.session() as session:
        audit.record(session, OFFICER, "class.enrol", "class")
        await session.flush()
        await session.rollback()

    assert await entries(database) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'nothing'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_entries WHERE false",
        "TRUNCATE audit_entries",
        OVERWRITE,
    ],
)
async def test_database_refuses_to_change_or_remove_entries(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        audit.record(session, OFFICER, "class.enrol", "class")

    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(text(statement))

    assert [entry.action for entry in await entries(database)] == ["class.enrol"]
