"""The pages of evaluation: forms to fill in, follow-ups and journeys, each rendered on the server."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from services.evaluation.pages import follow_ups, forms, journeys, reviews
from services.evaluation.pages.shapes import PREFIX
from shared.web.frame import Link

router = APIRouter(prefix=PREFIX, default_response_class=HTMLResponse)
for room in (forms, reviews, follow_ups, journeys):
    router.include_router(room.router)

LINKS = (
    Link(title="Formulir", path=f"{PREFIX}/forms", personal=True),
    Link(title="Tindak lanjut", path=f"{PREFIX}/follow-ups"),
    Link(title="Jejak", path=f"{PREFIX}/journeys"),
)

__all__ = ["LINKS", "router"]
