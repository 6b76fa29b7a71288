"""What the service training is made of; the running of it is the same for every service."""

from pathlib import Path

from services.training import api, pages
from services.training.cli import import_group
from services.training.handlers import HANDLERS
from services.training.queries.figures import FIGURES
from shared.runtime import Service

SERVICE = Service(
    name="training",
    title="Pelatihan",
    summary="Program, kelas, peserta, sertifikat, dan jam pelajaran.",
    folder=Path(__file__).parent,
    router=api.router,
    pages=pages.router,
    links=pages.LINKS,
    handlers=HANDLERS,
    commands=(import_group,),
    figures=FIGURES,
)
