"""The state of an installation's databases, for tests in which nothing may be lost, added or changed."""

from __future__ import annotations

from collections.abc import Mapping

from shared.operate.state import TableState, connect, state_of
from tests.journeys.installations import SERVICES, Installation

DATABASES = (*SERVICES, "identity")


async def states(installation: Installation) -> dict[str, Mapping[str, TableState]]:
    """The state of every table of every database, but for the seals of the audit log: time alone adds to them."""
    return {name: await _state(installation.dsn(name)) for name in DATABASES}


async def _state(dsn: str) -> Mapping[str, TableState]:
    connection = await connect(dsn)
    try:
        found = await state_of(connection)
        return {name: state for name, state in found.items() if name != "audit_seals"}
    finally:
        await connection.close()
