"""Rows inserted in bulk belong to the transaction of their session, and break its rules as loudly as any other."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from shared.db import insert_rows
from shared.directory import DirectoryPosition
from shared.ids import new_id
from shared.tables import Inbox
from tests.conftest import MakeDatabase

POSITION = {
    "id": UUID(int=7),
    "title": "Analis Rekaan",
    "job_kind": "FUNCTIONAL",
    "position_class": "JF_AHLI",
    "standard_levels": '{"INTEGRITAS": 2}',
    "sequence": 1,
}


async def test_inserted_rows_are_read_back_with_their_documents(make_database: MakeDatabase) -> None:
    database = await make_database()
    async with database.transaction() as session:
        await insert_rows(session, DirectoryPosition, [POSITION])

    async with database.session() as session:
        row = (await session.scalars(select(DirectoryPosition))).one()
    assert (row.id, row.title, row.standard_levels) == (UUID(int=7), "Analis Rekaan", {"INTEGRITAS": 2})


async def test_inserted_rows_go_with_the_transaction_that_they_began(
    make_database: MakeDatabase,
) -> None:
    database = await make_database()
    async with database.session() as session:
        await insert_rows(session, Inbox, [{"event_id": new_id()}])
        await session.rollback()

    async with database.session() as session:
        assert (await session.scalars(select(Inbox))).all() == []


async def test_inserted_rows_that_are_there_already_are_refused(make_database: MakeDatabase) -> None:
    database = await make_database()
    known = {"event_id": new_id()}
    async with database.transaction() as session:
        await insert_rows(session, Inbox, [known])

    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await insert_rows(session, Inbox, [{"event_id": new_id()}, known])

    async with database.session() as session:
        assert (await session.scalars(select(Inbox.event_id))).all() == [known["event_id"]]


async def test_inserted_text_that_no_text_column_holds_is_refused_like_any_other(make_database: MakeDatabase) -> None:
    database = await make_database()
    with pytest.raises(DBAPIError) as failure:
        async with database.transaction() as session:
            await insert_rows(session, DirectoryPosition, [POSITION | {"title": "nol \0"}])

    assert getattr(failure.value.orig, "sqlstate", None) == "22021"
