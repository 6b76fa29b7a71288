"""The evaluation service, put together."""

from __future__ import annotations

from pathlib import Path

from services.evaluation.api import router
from services.evaluation.cli import COMMANDS
from services.evaluation.handlers import HANDLERS
from services.evaluation.pages import LINKS
from services.evaluation.pages import router as pages
from services.evaluation.queries.figures import FIGURES
from services.evaluation.timers import TIMERS
from shared.runtime import Service

SERVICE = Service(
    name="evaluation",
    title="Evaluasi",
    summary="Hasil belajar dan penerapannya, dan tindak lanjut bila hasilnya belum cukup.",
    folder=Path(__file__).parent,
    router=router,
    pages=pages,
    links=LINKS,
    handlers=HANDLERS,
    timers=TIMERS,
    commands=COMMANDS,
    figures=FIGURES,
)
