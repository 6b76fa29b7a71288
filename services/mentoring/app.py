"""The mentoring service, put together."""

from __future__ import annotations

from pathlib import Path

from services.mentoring.api import router
from services.mentoring.handlers import HANDLERS
from services.mentoring.pages import LINKS
from services.mentoring.pages import router as pages
from services.mentoring.queries.figures import FIGURES
from shared.runtime import Service

SERVICE = Service(
    name="mentoring",
    title="Pendampingan",
    summary="Mentor, pencocokan, coaching, pendampingan pegawai baru, sesi dan capaiannya.",
    folder=Path(__file__).parent,
    router=router,
    pages=pages,
    links=LINKS,
    handlers=HANDLERS,
    figures=FIGURES,
)
