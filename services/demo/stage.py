"""What people of the demo know when they act: their service, the day, their luck, and who they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.demo.dice import Dice
from shared.db import Database
from shared.identity.actor import Actor, Role

_CAST = UUID("6ff2d0f5-6a3c-5e7b-9a53-0c1d5d7e2b41")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One service on one day of the demo; today is the date in the agency's zone, opening its very first day."""

    database: Database
    today: date
    dice: Dice
    opening: bool = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction whose events name the demo as the one who asked, as those of a route name the request."""
        async with self.database.transaction() as session:
            session.info["cause"] = f"command:demo-{self.today}"
            yield session

    def analyst(self) -> Actor:
        """Whoever prepares and enters."""
        return _played("analyst", Role.ANALYST)

    def second_analyst(self) -> Actor:
        """Whoever confirms what the first one entered."""
        return _played("second analyst", Role.ANALYST)

    def organiser(self) -> Actor:
        """Whoever holds classes."""
        return _played("organiser", Role.ORGANISER)

    def person(self, employee_id: UUID, *roles: Role) -> Actor:
        """An employee, with roles beyond that of every employee."""
        account = uuid5(_CAST, str(employee_id))
        return Actor(id=account, kind="ACCOUNT", roles=frozenset({Role.EMPLOYEE, *roles}), employee_id=employee_id)


def _played(part: str, *roles: Role) -> Actor:
    return Actor(id=uuid5(_CAST, part), kind="ACCOUNT", roles=frozenset(roles))
