"""The command `bangkom`: runs everything in one process, and holds the operators' commands for all services."""

from __future__ import annotations

import click
import uvloop

from services.embedded import EmbeddedInstallation, run
from services.evaluation.cli import import_group as imports_of_evaluation
from services.evaluation.cli import journey
from services.needs.cli import import_group as imports_of_needs
from services.training.cli import import_group as imports_of_training
from shared import telemetry
from shared.operate.installation import run_program
from shared.operate.service import COMMON


@click.group()
def bangkom() -> None:
    """Bangkom: pengembangan kompetensi ASN, dari kebutuhan sampai hasil."""


@bangkom.command("run")
@click.pass_obj
def run_command(installation: EmbeddedInstallation) -> None:
    """Jalankan Bangkom di komputer ini."""
    telemetry.configure_logs()
    settings = installation.settings
    banner = f"Bangkom untuk {settings.agency}: http://{settings.bind}:{settings.port} (Ctrl+C untuk berhenti)"
    uvloop.run(run(settings, on_ready=lambda: click.echo(banner)))


IMPORTS = [imports_of_needs, imports_of_training, imports_of_evaluation]


@bangkom.group("import", cls=click.CommandCollection, sources=IMPORTS)
def import_group() -> None:
    """Impor dari .xlsx atau .csv. Seluruh berkas diperiksa lebih dahulu.

    Kode keluar 1: ada baris yang salah dan tidak ada yang dicatat; 2: berkas tidak dapat dibaca.
    """


for command in (*COMMON, journey):
    bangkom.add_command(command)


def main() -> None:
    """The program."""
    run_program(bangkom, EmbeddedInstallation())


if __name__ == "__main__":
    main()
