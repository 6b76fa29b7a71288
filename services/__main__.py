"""The command `bangkom`: runs everything in one process, and holds the operators' commands for all services."""

from __future__ import annotations

import click
import uvloop

from services.embedded import SERVICES, EmbeddedInstallation, run
from services.needs.cli import import_group
from shared import telemetry
from shared.errors import DomainError
from shared.operate.service import COMMON
from shared.postgres import EmbeddedPostgresError
from shared.settings import Settings, WrongSetting, settings_for


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


bangkom.add_command(import_group)
for command in COMMON:
    bangkom.add_command(command)


def main() -> None:
    """The program; what is wrong with settings, folder or ports is one line and exit code 2."""
    try:
        settings: Settings = settings_for(*SERVICES)
        if settings.transport != "embedded":
            raise WrongSetting("BANGKOM_TRANSPORT harus embedded di sini; dengan kafka, jalankan tiap layanan sendiri.")
        bangkom(obj=EmbeddedInstallation(settings))
    except (WrongSetting, DomainError, EmbeddedPostgresError) as finding:
        click.echo(getattr(finding, "detail", str(finding)), err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
