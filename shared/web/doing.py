"""Forms behind a sign-in: each is taken once, from our own pages only, and shown again as it was when refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared import idempotency
from shared.db import Database
from shared.errors import DomainError
from shared.identity.actor import Actor, Role
from shared.scope import with_duties
from shared.web.forms import ONCE, Typed, filled, new_key, sent_form
from shared.web.seeing import Seeing, reading
from shared.web.signed_in import PageGuard, shell_of

M = TypeVar("M", bound=BaseModel)
SEE_OTHER = 303


class Said(BaseModel):
    """What a form that was taken leads to: the page to go to, and the sentence it shows."""

    to: str
    sentence: str


Work = Callable[[AsyncSession], Awaitable[Said]]
Again = Callable[[Seeing], Awaitable[Response]]


class Doing:
    """One form that was sent: who sent it, what was typed, and the command it asks for."""

    def __init__(self, request: Request, actor: Actor, token: str, typed: Typed) -> None:
        self.actor = actor
        self.typed = typed
        self._request = request
        self._token = token

    def filled(self, model: type[M], **known: object) -> M:
        """The model filled in with what was typed; FormRefused names what is wrong. To be called inside the work."""
        return filled(model, self.typed, **known)

    async def run(self, work: Work, again: Again) -> Response:
        """Do the work in one transaction and go on to the page it names, at most once for each form shown.

        A refusal shows the form again by calling again, with what was typed and what is wrong with it.
        """
        try:
            said = await self._once(work)
        except idempotency.KeyReused:
            refusal = idempotency.KeyReused("Formulir ini sudah terkirim dengan isian lain. Periksa hasilnya di bawah.")
            return await self.look(again, refusal)
        except DomainError as refusal:
            return await self.look(again, refusal)
        response = RedirectResponse(said.to, SEE_OTHER)
        shell_of(self._request).cookies.say(response, self._token, said.sentence)
        return response

    async def look(self, again: Again, refusal: DomainError | None = None) -> Response:
        """Show a page with what was typed and do nothing: what a search found, or a form that was refused."""
        async with reading(self._request) as session:
            seeing = Seeing(
                session=session,
                actor=await with_duties(session, self.actor),
                request=self._request,
                token=self._token,
                typed=self.typed,
                refusal=refusal,
            )
            return await again(seeing)

    async def _once(self, work: Work) -> Said:
        database: Database = self._request.app.state.database
        route = f"{self._request.method} {self._request.url.path}"
        content = urlencode(self.typed.pairs()).encode()
        sent = idempotency.sending(self.actor.id, route, self.typed.get(ONCE) or new_key(), content)
        async with database.transaction() as session:
            session.info["cause"] = f"command:{self._request.state.request_id}"
            self.actor = await with_duties(session, self.actor)
            answer = await idempotency.once(session, sent, work, SEE_OTHER)
        return Said.model_validate_json(answer.body)


class DoGuard(PageGuard):
    """A guard that hands a form that was sent to the route."""

    async def __call__(self, request: Request) -> Doing:
        """The form, as a dependency of a route."""
        actor, token = await self.visitor(request)
        typed = await sent_form(request, token, shell_of(request).settings.base_url)
        return Doing(request, actor, token, typed)


def may_do(*roles: Role) -> Any:
    """A dependency that gives Doing to people with one of the roles; without roles, to everybody signed in."""
    return Depends(DoGuard(*roles))
