"""Pages on which people set the password of a built-in account: the first one by a slip, later ones by the old one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.db import Database
from shared.errors import DomainError, Invalid
from shared.identity.activation import activate
from shared.identity.guard import address_of
from shared.identity.passwords import FEWEST_DIFFERENT, LONGEST, SHORTEST
from shared.identity.sign_in import Signed, change_own_password
from shared.web.doing import Doing, may_do
from shared.web.entrance import begin_sign_in, visitor_page
from shared.web.forms import Typed, sent_form
from shared.web.seeing import Seeing, may_see
from shared.web.signed_in import shell_of

RULES = {"shortest": SHORTEST, "longest": LONGEST, "different": FEWEST_DIFFERENT}


def password_routes(service: str) -> APIRouter:
    """The pages of a service that keeps accounts itself."""
    router = APIRouter(prefix=f"/{service}/pages", include_in_schema=False)

    @router.get("/password", response_class=HTMLResponse)
    async def show_password(page: Annotated[Seeing, may_see()]) -> Response:
        return await _password_page(page)

    @router.post("/password", response_class=HTMLResponse)
    async def change(request: Request, form: Annotated[Doing, may_do()]) -> Response:
        # Not as the work of a form that is taken once: what was typed leaves no trace, not even a hash.
        try:
            signed = await _change(request, form)
        except DomainError as refusal:
            return await form.look(_password_page, refusal)
        response = await begin_sign_in(request, signed)
        shell_of(request).cookies.say(response, signed.token, "Kata sandi diganti. Sesi Anda di tempat lain berakhir.")
        return response

    @router.get("/activate", response_class=HTMLResponse)
    async def show_activation(request: Request) -> Response:
        return visitor_page(request, "activate.html", Typed(), None, rules=RULES)

    @router.post("/activate", response_class=HTMLResponse)
    async def set_first(request: Request) -> Response:
        shell = shell_of(request)
        typed = await sent_form(request, shell.cookies.visitor(request), shell.settings.base_url)
        identity: Database = request.app.state.identity
        try:
            signed = await activate(identity, typed.get("code"), _new(typed), address_of(request))
        except DomainError as refusal:
            return visitor_page(request, "activate.html", typed, refusal, rules=RULES)
        return await begin_sign_in(request, signed)

    return router


async def _password_page(page: Seeing) -> Response:
    return await page.show("password.html", must=page.actor.must_change_password, rules=RULES)


async def _change(request: Request, form: Doing) -> Signed:
    identity: Database = request.app.state.identity
    old = form.typed.get("old")
    if not 0 < len(old) <= LONGEST:
        raise Invalid("Isi kata sandi Anda yang sekarang.")
    return await change_own_password(identity, form.actor, old, _new(form.typed), address_of(request))


def _new(typed: Typed) -> str:
    new = typed.get("new")
    if new != typed.get("again"):
        raise Invalid("Kedua isian kata sandi baru tidak sama.")
    return new
