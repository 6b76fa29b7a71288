"""What a route gets to work with: a session to read, or a command to run in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared import audit, idempotency
from shared.db import Database
from shared.identity.actor import Actor, Role
from shared.identity.guard import Guard
from shared.scope import with_duties


@dataclass(frozen=True, slots=True)
class Reading:
    """A session that can only read, and who reads."""

    session: AsyncSession
    actor: Actor

    def note(self, subject_type: str, subject_id: UUID, *about: UUID) -> None:
        """Note in the audit log that the actor was shown this record about others."""
        audit.note_reading(self.session, self.actor, subject_type, subject_id, *about)


class Commanding:
    """Runs one command of an actor: all of it or nothing."""

    def __init__(self, request: Request, actor: Actor) -> None:
        self.actor = actor
        self._request = request

    async def run(self, work: Callable[[AsyncSession], Awaitable[BaseModel]], status: int = 200) -> Response:
        """Do the work in one transaction and answer with what it returns; at most once per Idempotency-Key."""
        sent = await self._sending()
        database: Database = self._request.app.state.database
        async with database.transaction() as session:
            session.info["cause"] = f"command:{self._request.state.request_id}"
            self.actor = await with_duties(session, self.actor)
            if sent is None:
                answer = idempotency.Answer(status=status, body=idempotency.serialise(await work(session)))
            else:
                answer = await idempotency.once(session, sent, work, status)
        headers = {"Idempotency-Replayed": "true"} if answer.replayed else None
        return Response(answer.body, answer.status, headers, media_type="application/json")

    async def _sending(self) -> idempotency.Sending | None:
        key = self._request.headers.get("idempotency-key")
        if key is None:
            return None
        url = self._request.url
        content = url.query.encode() + b"\n" + await self._request.body()
        return idempotency.sending(self.actor.id, f"{self._request.method} {url.path}", key, content)


class ReadGuard(Guard):
    """A guard that hands a reading to the route."""

    async def __call__(self, request: Request) -> AsyncIterator[Reading]:
        """The reading, as a dependency of a route."""
        actor = await self.actor(request)
        database: Database = request.app.state.database
        async with audit.reading(database) as session:
            yield Reading(session, await with_duties(session, actor))


class CommandGuard(Guard):
    """A guard that hands a command to the route."""

    async def __call__(self, request: Request) -> Commanding:
        """The command, as a dependency of a route."""
        return Commanding(request, await self.actor(request))


def may_read(*roles: Role) -> Any:
    """A dependency that gives Reading to actors with one of the roles; without roles, to everybody signed in."""
    # The connection goes back before the answer is sent: a slow reader must not keep it.
    return Depends(ReadGuard(*roles), scope="function")


def may_command(*roles: Role) -> Any:
    """A dependency that gives Commanding to actors with one of the roles; without roles, to everybody signed in."""
    return Depends(CommandGuard(*roles))
