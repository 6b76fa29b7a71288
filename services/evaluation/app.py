"""The evaluation service, put together."""

from __future__ import annotations

from pathlib import Path

from services.evaluation.api import router
from services.evaluation.handlers import HANDLERS
from shared.runtime import Service

SERVICE = Service(
    name="evaluation",
    title="Evaluasi",
    summary="Hasil belajar, dan tindak lanjut bila hasilnya belum cukup.",
    folder=Path(__file__).parent,
    router=router,
    handlers=HANDLERS,
)
