"""The pages of the training service."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from services.training.pages import class_forms, classes, learning, seats
from shared.identity.actor import Role
from shared.web.frame import Link

router = APIRouter(prefix="/training/pages", default_response_class=HTMLResponse)
for part in (classes, class_forms, learning, seats):
    router.include_router(part.router)

LINKS = (
    Link(title="Pembelajaran saya", path="/training/pages/me", personal=True),
    Link(
        title="Kelas",
        path="/training/pages/classes",
        roles=frozenset({Role.ORGANISER, Role.FACILITATOR, Role.ANALYST, Role.AUDITOR, Role.EMPLOYEE}),
    ),
)
