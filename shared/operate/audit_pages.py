"""The auditor's page of a service: who did what to what and when, the newest first."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from shared.audit import AuditEntry
from shared.db import Database, Origin
from shared.directory import named_people
from shared.identity.actor import SYSTEM, Role
from shared.identity.tables import Account, MachineToken
from shared.lists import among
from shared.web.frame import Link
from shared.web.seeing import Seeing, may_see
from shared.web.shapes import mark

ROWS = 50
ACCOUNTS = "accounts"
"""The log of accounts and tokens, which services that stand together share."""
DAY = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")
NUMBER = re.compile(r"[0-9]{1,18}")

# One step from each kind of act to the next, so that the entries are not gone through.
KINDS = text(
    "WITH RECURSIVE kinds AS ((SELECT action FROM audit_entries ORDER BY action LIMIT 1) UNION ALL"
    " SELECT (SELECT action FROM audit_entries WHERE action > kinds.action ORDER BY action LIMIT 1) FROM kinds"
    " WHERE kinds.action IS NOT NULL) SELECT action FROM kinds WHERE action IS NOT NULL"
)

AuditorSees = Annotated[Seeing, may_see(Role.AUDITOR)]
Word = Annotated[str, Query(max_length=64, pattern=r"^[^\x00]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries are asked for: of one kind, by one actor, of one day; older than one of them.

    log is "" for the service's own, or ACCOUNTS.
    """

    log: str = ""
    action: str = ""
    actor: UUID | None = None
    day: date | None = None
    before: int | None = None

    def address(self, path: str, **other: object) -> str:
        """The page of these entries, or with something else asked for."""
        asked = {"log": self.log, "action": self.action, "actor": self.actor, "day": self.day, **other}
        filled = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{filled}" if filled else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who acted, as the page names them: the employee of an account, else what the account or token is."""

    words: str
    employee_id: UUID | None = None


def auditor_link(service: str, title: str) -> Link:
    """The page in the navigation."""
    return Link(title=f"Audit {title}", path=f"/{service}/pages/audit", roles=frozenset({Role.AUDITOR}))


@dataclass(frozen=True, slots=True)
class AuditPages:
    """The page of one service; identity knows whose accounts acted."""

    title: str
    database: Database
    identity: Database

    @property
    def path(self) -> str:
        """Where the page is."""
        return f"/{self.database.origin.service}/pages/audit"

    def router(self) -> APIRouter:
        """The route of the page."""
        router = APIRouter(default_response_class=HTMLResponse)
        router.add_api_route(self.path, self.show, methods=["GET"])
        return router

    async def show(
        self,
        seeing: AuditorSees,
        *,
        log: Word = "",
        action: Word = "",
        actor: Word = "",
        day: Word = "",
        before: Word = "",
    ) -> Response:
        """The newest entries; what cannot be read of a filter is left out."""
        wanted = Wanted(
            log=ACCOUNTS if log == ACCOUNTS else "",
            action=action,
            actor=mark(actor),
            day=_day(day),
            before=_number(before),
        )
        found, kinds = await self._found(seeing.session, wanted)
        shown = found[:ROWS]
        doers = await self._doers({entry.actor_id for entry in shown} | ({wanted.actor} if wanted.actor else set()))
        return await seeing.show(
            "audit.html",
            title=self.title,
            path=self.path,
            wanted=wanted,
            entries=shown,
            older=wanted.address(self.path, before=shown[-1].id) if len(found) > ROWS else None,
            kinds=kinds,
            doers=doers,
            people=await named_people(seeing.session, _people(shown, doers)),
        )

    async def _found(self, session: AsyncSession, wanted: Wanted) -> tuple[Sequence[AuditEntry], Sequence[str]]:
        """The entries, one more than are shown, and every kind there is."""
        if wanted.log == ACCOUNTS:
            async with self.identity.session() as other:
                return await entries(other, wanted, ROWS + 1), (await other.execute(KINDS)).scalars().all()
        return await entries(session, wanted, ROWS + 1), (await session.execute(KINDS)).scalars().all()

    async def _doers(self, ids: Collection[UUID]) -> Mapping[UUID, Doer]:
        async with self.identity.session() as session:
            accounts = await session.execute(select(Account.id, Account.employee_id).where(among(Account.id, ids)))
            found = {row.id: Doer(words="Akun tanpa pegawai", employee_id=row.employee_id) for row in accounts}
            tokens = await session.execute(
                select(MachineToken.id, MachineToken.name).where(among(MachineToken.id, ids))
            )
            found |= {row.id: Doer(words=f"Program {row.name}") for row in tokens}
        return {SYSTEM.id: Doer(words="Sistem"), **found}


async def entries(session: AsyncSession, wanted: Wanted, most: int) -> Sequence[AuditEntry]:
    """The newest of the entries asked for."""
    statement = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(most)
    if wanted.action:
        statement = statement.where(AuditEntry.action == wanted.action)
    if wanted.actor:
        statement = statement.where(AuditEntry.actor_id == wanted.actor)
    if wanted.day:
        origin: Origin = session.info["origin"]
        begins = datetime.combine(wanted.day, time(), origin.zone)
        statement = statement.where(AuditEntry.at >= begins, AuditEntry.at < begins + timedelta(days=1))
    if wanted.before:
        statement = statement.where(AuditEntry.id < wanted.before)
    return (await session.scalars(statement)).all()


def _people(shown: Sequence[AuditEntry], doers: Mapping[UUID, Doer]) -> set[UUID]:
    """Whoever may be a person: employees who acted, for whom they acted, and subjects, as far as they are people."""
    acted = {doer.employee_id for doer in doers.values() if doer.employee_id}
    behalf = {entry.on_behalf_of for entry in shown if entry.on_behalf_of}
    return acted | behalf | {entry.subject_id for entry in shown if entry.subject_id}


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if DAY.fullmatch(written) else None
    except ValueError:
        return None


def _number(written: str) -> int | None:
    return int(written) if NUMBER.fullmatch(written) else None
