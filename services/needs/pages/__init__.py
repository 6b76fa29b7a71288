"""The pages of the needs service."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from services.needs.pages import deputies, needs, people, review
from shared.identity.actor import Role
from shared.web.frame import Link

router = APIRouter(prefix="/needs/pages", default_response_class=HTMLResponse)
for part in (people, needs, review, deputies):
    router.include_router(part.router)

LINKS = (
    Link(title="Kompetensi saya", path="/needs/pages/me", personal=True),
    Link(
        title="Pegawai",
        path="/needs/pages/people",
        roles=frozenset({Role.ANALYST, Role.AUDITOR, Role.UNIT_STAFF, Role.EMPLOYEE}),
    ),
    Link(
        title="Periksa kebutuhan",
        path="/needs/pages/review",
        roles=frozenset({Role.ANALYST, Role.UNIT_STAFF, Role.EMPLOYEE}),
    ),
    Link(title="PLT dan PLH", path="/needs/pages/deputies", roles=frozenset({Role.ANALYST, Role.AUDITOR})),
)
