"""The needs service put together."""

from pathlib import Path

from services.needs import api
from services.needs.cli import import_group
from shared.runtime import Service

SERVICE = Service(
    name="needs",
    title="Kebutuhan",
    summary="Data induk: unit kerja, jabatan, dan pegawai.",
    folder=Path(__file__).parent,
    router=api.router,
    commands=(import_group,),
)
