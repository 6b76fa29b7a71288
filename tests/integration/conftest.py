"""Fixtures that several stories of the delivery share."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from tests.conftest import MakeDatabase
from tests.integration.ledger import Ledger


@pytest.fixture
async def ledger(make_database: MakeDatabase) -> Ledger:
    database = await make_database(service="evaluation")
    async with database.transaction() as session:
        await session.execute(
            text("CREATE TABLE ledger (nth bigint GENERATED ALWAYS AS IDENTITY, subject uuid, number int)")
        )
    return Ledger(database)
