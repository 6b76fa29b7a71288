"""What the service training is made of; the running of it is the same for every service."""

from pathlib import Path

from services.training import api
from shared.runtime import Service

SERVICE = Service(
    name="training",
    title="Pelatihan",
    summary="Program, kelas, peserta, kehadiran, dan nilai.",
    folder=Path(__file__).parent,
    router=api.router,
)
