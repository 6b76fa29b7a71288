"""The state of an installation's databases, for tests in which nothing may be lost, added or changed."""

from __future__ import annotations

from collections.abc import Mapping

from shared.operate.state import TableState, connect, state_of
from tests.journeys.installations import SERVICES, Installation

DATABASES = (*SERVICES, "identity")


async def states(installation: Installation) -> dict[str, Mapping[str, TableState]]:
    """The state of every table of every database."""
    return {name: await _state(installation.dsn(name)) for name in DATABASES}


async def _state(dsn: str) -> Mapping[str, TableState]:
    connection = await connect(dsn)
    try:
        return await state_of(connection)
    finally:
        await connection.close()
