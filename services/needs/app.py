"""The needs service put together."""

from pathlib import Path

from services.needs import api, pages
from services.needs.cli import import_group
from services.needs.handlers import HANDLERS
from services.needs.queries.figures import FIGURES
from shared.runtime import Service

SERVICE = Service(
    name="needs",
    title="Kebutuhan",
    summary="Data induk, asesmen, kesenjangan, kebutuhan, dan rencana pengembangan kompetensi.",
    folder=Path(__file__).parent,
    router=api.router,
    pages=pages.router,
    links=pages.LINKS,
    handlers=HANDLERS,
    commands=(import_group,),
    figures=FIGURES,
)
