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
from shared.identity.guard import address_of
from shared.identity.passwords import LONGEST
from shared.identity.sign_in import Signed, sign_in, sign_out
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
            return RedirectResponse(wanted_page(request) or shell_of(request).landing(found[0]), SEE_OTHER)
        return visitor_page(request, "sign_in.html", Typed(), None)

    @router.post("/sign-in", response_class=HTMLResponse)
    async def enter(request: Request) -> Response:
        shell = shell_of(request)
        typed = await sent_form(request, shell.cookies.visitor(request), shell.settings.base_url)
        try:
            return await _enter(request, typed)
        except DomainError as refusal:
            return visitor_page(request, "sign_in.html", typed, refusal)

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
    return await begin_sign_in(request, await sign_in(identity, name, password, address_of(request)))


async def begin_sign_in(request: Request, signed: Signed) -> Response:
    """Go on as who has just shown who they are; what this browser was signed in as before ends."""
    shell, identity = shell_of(request), request.app.state.identity
    earlier = shell.cookies.sign_in(request)
    async with identity.transaction() as session:
        if earlier is not None:
            await sign_out(session, earlier)
        actor = await actor_behind(session, signed.token)
    landing = shell.landing(actor) if actor is not None else "/"
    response = RedirectResponse(wanted_page(request) or landing, SEE_OTHER)
    shell.cookies.keep_sign_in(response, signed.token)
    return response


def visitor_page(
    request: Request, template: str, typed: Typed, refusal: DomainError | None, **content: object
) -> Response:
    """A page with a form for somebody who is not signed in; a refusal gives it the status."""
    shell = shell_of(request)
    visitor = shell.cookies.visitor(request) or secrets.token_urlsafe(32)
    html = shell.templates.get_template(template).render(
        **content,
        typed=typed,
        refusal=refusal.detail if refusal else None,
        ended=refusal is None and "ended" in request.query_params,
        action=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        seal=form_seal(visitor),
        activation=f"/{shell.service}/pages/activate",
        agency=shell.settings.agency,
        simulation=shell.settings.simulation,
    )
    response = HTMLResponse(html, refusal.status if refusal else 200, getattr(refusal, "headers", None))
    shell.cookies.keep_visitor(response, visitor)
    return response


def wanted_page(request: Request) -> str | None:
    """The page to go to after signing in: one of ours, or none."""
    wanted = request.query_params.get("next", "")
    return wanted if OWN_PAGE.fullmatch(wanted) else None
