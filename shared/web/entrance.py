"""Signing in and out in a browser, the same for every service."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.db import Database
from shared.errors import DomainError, Invalid
from shared.identity.bearer import actor_behind
from shared.identity.passwords import LONGEST
from shared.identity.sign_in import sign_in, sign_out
from shared.web.doing import SEE_OTHER, Doing, may_do
from shared.web.forms import Typed, form_seal, sent_form
from shared.web.signed_in import OWN_PAGE, shell_of, signed_in

LONGEST_NAME = 64


def entrance_routes(service: str) -> APIRouter:
    """The pages under which people sign in to a service that keeps accounts itself."""
    router = APIRouter(prefix=f"/{service}/pages", include_in_schema=False)

    @router.get("/sign-in", response_class=HTMLResponse)
    async def show_sign_in(request: Request) -> Response:
        found = await signed_in(request)
        if found is not None:
            return RedirectResponse(_wanted(request) or shell_of(request).landing(found[0]), SEE_OTHER)
        return _sign_in_page(request, Typed(), None)

    @router.post("/sign-in", response_class=HTMLResponse)
    async def enter(request: Request) -> Response:
        shell = shell_of(request)
        typed = await sent_form(request, shell.cookies.visitor(request), shell.settings.base_url)
        try:
            return await _enter(request, typed)
        except DomainError as refusal:
            return _sign_in_page(request, typed, refusal)

    @router.post("/sign-out", response_class=HTMLResponse)
    async def leave(request: Request, _: Annotated[Doing, may_do()]) -> Response:
        cookies = shell_of(request).cookies
        token = cookies.sign_in(request)
        identity: Database = request.app.state.identity
        if token is not None:
            async with identity.transaction() as session:
                await sign_out(session, token)
        response = RedirectResponse("/", SEE_OTHER)
        cookies.forget_sign_in(response)
        return response

    return router


async def _enter(request: Request, typed: Typed) -> Response:
    name, password = typed.get("name").strip(), typed.get("password")
    if not 0 < len(name) <= LONGEST_NAME or not 0 < len(password) <= LONGEST:
        raise Invalid("Isi nama masuk dan kata sandi Anda.")
    identity: Database = request.app.state.identity
    signed = await sign_in(identity, name, password)
    async with identity.session() as session:
        actor = await actor_behind(session, signed.token)
    shell = shell_of(request)
    landing = shell.landing(actor) if actor is not None else "/"
    response = RedirectResponse(_wanted(request) or landing, SEE_OTHER)
    shell.cookies.keep_sign_in(response, signed.token)
    return response


def _sign_in_page(request: Request, typed: Typed, refusal: DomainError | None) -> Response:
    shell = shell_of(request)
    visitor = shell.cookies.visitor(request) or secrets.token_urlsafe(32)
    html = shell.templates.get_template("sign_in.html").render(
        name=typed.get("name"),
        refusal=refusal.detail if refusal else None,
        ended=refusal is None and "ended" in request.query_params,
        action=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        seal=form_seal(visitor),
        agency=shell.settings.agency,
        simulation=shell.settings.simulation,
    )
    response = HTMLResponse(html, refusal.status if refusal else 200, getattr(refusal, "headers", None))
    shell.cookies.keep_visitor(response, visitor)
    return response


def _wanted(request: Request) -> str | None:
    wanted = request.query_params.get("next", "")
    return wanted if OWN_PAGE.fullmatch(wanted) else None
