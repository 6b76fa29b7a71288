"""The choice of a language, kept by the browser for a year."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.web.language import COOKIE, KEPT_SECONDS
from shared.web.signed_in import OWN_PAGE

router = APIRouter(include_in_schema=False)

SEE_OTHER = 303


@router.get("/shell/language")
async def choose_language(request: Request, to: Literal["id", "en"]) -> Response:
    """Speak another language from here on, beginning with the page that was left."""
    came_from = urlsplit(request.headers.get("referer", ""))
    page = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    response = RedirectResponse(page if OWN_PAGE.fullmatch(page) else "/", SEE_OTHER)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, to, max_age=KEPT_SECONDS, path="/", secure=secure, httponly=True, samesite="lax")
    return response
