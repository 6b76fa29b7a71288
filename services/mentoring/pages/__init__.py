"""The pages of mentoring: pairs, requests, proposals and mentors, each rendered on the server."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from services.mentoring.pages import mentors, pair_forms, pairs, proposals, requests
from services.mentoring.pages.shapes import PREFIX
from shared.identity.actor import Role
from shared.web.frame import Link

router = APIRouter(prefix=PREFIX, default_response_class=HTMLResponse)
for room in (pairs, pair_forms, requests, proposals, mentors):
    router.include_router(room.router)

LINKS = (
    Link(title="Pendampingan", path=f"{PREFIX}/pairs"),
    Link(title="Pencocokan", path=f"{PREFIX}/proposals", roles=frozenset({Role.ANALYST, Role.AUDITOR})),
)

__all__ = ["LINKS", "router"]
