"""Pages behind a sign-in: who may see one, and what it is rendered with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared import audit, clock
from shared.db import Database, Origin
from shared.directory import named_people
from shared.errors import DomainError
from shared.identity.actor import Actor, Role
from shared.scope import with_duties
from shared.web.forms import FormRefused, Typed, form_seal, new_key
from shared.web.frame import Frame, Shell
from shared.web.signed_in import PageGuard, shell_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeing:
    """One page to be shown: a session that can only read, who sees, and what a refused form held."""

    session: AsyncSession
    actor: Actor
    request: Request
    token: str
    typed: Typed = field(default_factory=Typed)
    refusal: DomainError | None = None

    def note(self, subject_type: str, subject_id: UUID, *about: UUID) -> None:
        """Note in the audit log that the actor was shown this record about others."""
        audit.note_reading(self.session, self.actor, subject_type, subject_id, *about)

    async def show(self, template: str, **content: object) -> HTMLResponse:
        """The page in its frame; a refusal gives it the status and marks the fields."""
        shell = shell_of(self.request)
        said = None if self.refusal else shell.cookies.said(self.request, self.token)
        around = {
            "frame": await self._frame(shell, said),
            "typed": self.typed,
            "wrong": self.refusal.fields if isinstance(self.refusal, FormRefused) else {},
            "refusal": self.refusal.detail if self.refusal else None,
        }
        html = shell.templates.get_template(template).render({**content, **around})
        response = HTMLResponse(html, self.refusal.status if self.refusal else 200)
        if said is not None:
            shell.cookies.forget_said(response)
        return response

    async def _frame(self, shell: Shell, said: str | None) -> Frame:
        origin: Origin = self.session.info["origin"]
        return Frame(
            agency=origin.agency,
            who=await self.name(),
            roles=sorted(role.value for role in self.actor.roles),
            links=() if self.actor.must_change_password else shell.links_for(self.actor),
            path=self.request.url.path,
            leave=shell.leave,
            password=None if shell.settings.oidc_issuer else shell.password,
            seal=form_seal(self.token),
            once=new_key(),
            said=said,
            simulated=await clock.now(self.session) if shell.settings.simulation else None,
        )

    async def name(self) -> str:
        """Who looks; empty for an account that belongs to nobody."""
        if self.actor.employee_id is None:
            return ""
        found = await named_people(self.session, [self.actor.employee_id])
        return found[self.actor.employee_id].name if found else ""


class SeeGuard(PageGuard):
    """A guard that hands a page to be shown to the route."""

    async def __call__(self, request: Request) -> AsyncIterator[Seeing]:
        """The page, as a dependency of a route."""
        actor, token = await self.visitor(request)
        async with reading(request) as session:
            actor = await with_duties(session, actor)
            yield Seeing(session=session, actor=actor, request=request, token=token)


def may_see(*roles: Role) -> Any:
    """A dependency that gives Seeing to people with one of the roles; without roles, to everybody signed in."""
    # The connection goes back before the answer is sent: a slow reader must not keep it.
    return Depends(SeeGuard(*roles), scope="function")


@asynccontextmanager
async def reading(request: Request) -> AsyncIterator[AsyncSession]:
    """A session of the application's database that can only read, but for what is noted of the reading."""
    database: Database = request.app.state.database
    async with audit.reading(database) as session:
        yield session
