"""Signing in and out in a browser where an OpenID provider keeps the accounts: there is no form of ours then."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from shared.db import Database
from shared.errors import DomainError, NotAllowed
from shared.identity import provided
from shared.identity.bearer import actor_behind
from shared.identity.provider import Provider, ProviderAway
from shared.identity.refusals import NotSignedIn
from shared.web.doing import SEE_OTHER, Doing, may_do
from shared.web.entrance import wanted_page
from shared.web.signed_in import shell_of, signed_in

LONGEST_ANSWER = 4_000
"""Characters of a code or state that comes back; ours have 43."""


def provider_routes(service: str) -> APIRouter:
    """The pages and the one route under which a provider signs people in and out of a service."""
    router = APIRouter(prefix=f"/{service}", include_in_schema=False)

    @router.get("/pages/sign-in", response_class=HTMLResponse)
    async def enter(request: Request) -> Response:
        found = await signed_in(request)
        if found is not None:
            return RedirectResponse(wanted_page(request) or shell_of(request).landing(found[0]), SEE_OTHER)
        if "ended" in request.query_params:
            # Browsers follow a form to no other host: from here on it is a link.
            return _page(request, None, "Sesi Anda sudah berakhir, dan yang baru saja dikirim belum tersimpan.")
        try:
            return await _send_away(request)
        except DomainError as refusal:
            return _page(request, refusal)

    @router.get("/pages/sign-in/back", response_class=HTMLResponse)
    async def come_back(request: Request) -> Response:
        try:
            return await _come_back(request)
        except DomainError as refusal:
            return _page(request, refusal)

    @router.post("/pages/sign-out", response_class=HTMLResponse)
    async def leave(request: Request, _: Annotated[Doing, may_do()]) -> Response:
        return await _leave(request)

    @router.post("/back-channel-logout")
    async def end(request: Request) -> Response:
        return await _end(request)

    return router


def provider_of(request: Request) -> Provider:
    """The provider this application signs people in with."""
    provider: Provider = request.app.state.provider
    return provider


async def _send_away(request: Request) -> Response:
    cookies = shell_of(request).cookies
    visitor = cookies.visitor(request) or secrets.token_urlsafe(32)
    url = await provided.send_away(
        _identity(request),
        provider_of(request),
        visitor=visitor,
        back=_back(request),
        wanted=wanted_page(request) or "",
    )
    response = RedirectResponse(url, SEE_OTHER)
    cookies.keep_visitor(response, visitor)
    return response


async def _come_back(request: Request) -> Response:
    shell, identity = shell_of(request), _identity(request)
    asked = request.query_params
    state, code, visitor = asked.get("state", ""), asked.get("code", ""), shell.cookies.visitor(request)
    if "error" in asked:
        raise NotAllowed("Penyedia identitas tidak memasukkan Anda. Silakan coba lagi.")
    if visitor is None or not 0 < len(state) <= LONGEST_ANSWER or not 0 < len(code) <= LONGEST_ANSWER:
        raise NotSignedIn("Masuk ini sudah kedaluwarsa atau dimulai di peramban lain. Silakan coba lagi.")
    returned = await provided.come_back(
        identity, provider_of(request), visitor=visitor, back=_back(request), state=state, code=code
    )
    earlier = shell.cookies.sign_in(request)
    async with identity.transaction() as session:
        if earlier is not None:
            await provided.end_of(session, earlier)
        actor = await actor_behind(session, returned.signed.token, provider_of(request).client_id)
    response = RedirectResponse(returned.wanted or (shell.landing(actor) if actor else "/"), SEE_OTHER)
    shell.cookies.keep_sign_in(response, returned.signed.token)
    return response


async def _leave(request: Request) -> Response:
    cookies = shell_of(request).cookies
    token = cookies.sign_in(request)
    if token is not None:
        async with _identity(request).transaction() as session:
            await provided.end_of(session, token)
    response = _page(request, None, "Anda sudah keluar dari Bangkom.", away=await _exit(request))
    cookies.forget_sign_in(response)
    return response


async def _end(request: Request) -> Response:
    form = await request.form(max_files=0, max_fields=10)
    try:
        subject, sid = await provider_of(request).ended(str(form.get("logout_token", "")))
    except NotSignedIn:
        # The words of OpenID Connect Back-Channel Logout 1.0.
        return JSONResponse({"error": "invalid_request"}, 400)
    async with _identity(request).transaction() as session:
        await provided.end_from_there(session, provider_of(request).client_id, subject, sid)
    return Response(status_code=200)


async def _exit(request: Request) -> str | None:
    try:
        return await provider_of(request).exit(_base(request) + "/")
    except ProviderAway:
        return None


def _page(request: Request, refusal: DomainError | None, told: str = "", away: str | None = None) -> Response:
    shell, wanted = shell_of(request), wanted_page(request)
    html = shell.templates.get_template("provider.html").render(
        refusal=refusal.detail if refusal else None,
        told=told,
        away=away,
        again=f"{shell.entrance}?{urlencode({'next': wanted})}" if wanted else shell.entrance,
        agency=shell.settings.agency,
    )
    return HTMLResponse(html, refusal.status if refusal else 200)


def _back(request: Request) -> str:
    return f"{_base(request)}{shell_of(request).entrance}/back"


def _base(request: Request) -> str:
    return (shell_of(request).settings.base_url or str(request.base_url)).rstrip("/")


def _identity(request: Request) -> Database:
    identity: Database = request.app.state.identity
    return identity
