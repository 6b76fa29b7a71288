"""The command `bangkom`: runs everything in one process, and holds the operators' commands for all services.

Loading four services takes longer than starting PostgreSQL: `run` does both at once, so they are imported late.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import click

from shared.folder import Folder
from shared.operate.program import run_program
from shared.settings import embedded_settings

SERVICES = ("needs", "training", "mentoring", "evaluation")


class Commands(click.Group):
    """`run`, and the commands of the services, which are loaded when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them."""
        return sorted({*super().list_commands(ctx), *self._loaded()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        return super().get_command(ctx, cmd_name) or self._loaded(ctx).get(cmd_name)

    def _loaded(self, ctx: click.Context | None = None) -> dict[str, click.Command]:
        from services.embedded import COMMANDS, EmbeddedInstallation  # noqa: PLC0415 late, as said above

        if ctx is not None:
            ctx.obj = ctx.obj or EmbeddedInstallation()
        return {command.name or "": command for command in COMMANDS}


@click.group(cls=Commands)
def bangkom() -> None:
    """Bangkom: pengembangan kompetensi ASN, dari kebutuhan sampai hasil."""


@bangkom.command("run")
def run_command() -> None:
    """Jalankan Bangkom di komputer ini."""
    settings = embedded_settings(SERVICES)
    folder = Folder(settings.data)
    banner = f"Bangkom untuk {settings.agency}: http://{settings.bind}:{settings.port} (Ctrl+C untuk berhenti)"
    with folder.claimed(), ThreadPoolExecutor(1) as pool:
        starting = pool.submit(folder.postgres.start)
        import uvloop  # noqa: PLC0415 late, as said above

        from services.embedded import run  # noqa: PLC0415 late, as said above
        from shared import telemetry  # noqa: PLC0415 late, as said above

        telemetry.configure_logs()
        uvloop.run(run(folder, settings, starting, on_ready=lambda: click.echo(banner)))


def main() -> None:
    """The program."""
    run_program(bangkom)


if __name__ == "__main__":
    main()
