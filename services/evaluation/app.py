"""The evaluation service, put together."""

from __future__ import annotations

from pathlib import Path

from services.evaluation.api import router
from services.evaluation.cli import COMMANDS
from services.evaluation.handlers import HANDLERS
from services.evaluation.timers import TIMERS
from shared.runtime import Service

SERVICE = Service(
    name="evaluation",
    title="Evaluasi",
    summary="Hasil belajar dan penerapannya, dan tindak lanjut bila hasilnya belum cukup.",
    folder=Path(__file__).parent,
    router=router,
    handlers=HANDLERS,
    timers=TIMERS,
    commands=COMMANDS,
)
