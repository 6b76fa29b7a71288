"""The command `bangkom`: runs everything in one process, and holds the operators' commands for all services.

Loading four services takes longer than starting PostgreSQL: `run` does both at once, so they are imported late.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import click

from shared.folder import Folder
from shared.operate.program import run_program
from shared.settings import PREFIX, embedded_settings

SERVICES = ("needs", "training", "mentoring", "evaluation")
CHILD_SECONDS = 10.0


class Commands(click.Group):
    """`run`, and the commands of the services, which are loaded when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them."""
        return sorted({*super().list_commands(ctx), *self._loaded()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them."""
        return super().get_command(ctx, cmd_name) or self._loaded(ctx).get(cmd_name)

    def _loaded(self, ctx: click.Context | None = None) -> dict[str, click.Command]:
        from services.embedded import COMMANDS, WholeInstallation  # noqa: PLC0415 late, as said above

        if ctx is not None:
            ctx.obj = ctx.obj or WholeInstallation()
        return {command.name or "": command for command in COMMANDS}


@click.group(cls=Commands)
def bangkom() -> None:
    """Bangkom: pengembangan kompetensi ASN, dari kebutuhan sampai hasil."""


@bangkom.command("run")
@click.option("--demo", is_flag=True, help="Isi dengan setahun rekaan, bila belum ada pegawai.")
def run_command(demo: bool) -> None:  # noqa: FBT001 a flag of the command line
    """Jalankan Bangkom di komputer ini."""
    if demo:
        os.environ[f"{PREFIX}SIMULATION"] = "1"
    settings = embedded_settings(SERVICES)
    folder = Folder(settings.data)
    banner = f"Bangkom untuk {settings.agency}: http://{settings.bind}:{settings.port} (Ctrl+C untuk berhenti)"
    with folder.claimed(), ThreadPoolExecutor(1) as pool:
        starting = pool.submit(folder.postgres.start)
        import uvloop  # noqa: PLC0415 late, as said above

        from services.embedded import run  # noqa: PLC0415 late, as said above
        from shared import telemetry  # noqa: PLC0415 late, as said above

        telemetry.configure_logs()
        with ExitStack() as children:

            def ready() -> None:
                click.echo(banner)
                if demo:
                    children.enter_context(_filling())

            uvloop.run(run(folder, settings, starting, on_ready=ready, on_end=children.close))


@contextmanager
def _filling() -> Iterator[None]:
    """The demo as a process of its own, so that it takes no time from pages; it ends with us."""
    child = subprocess.Popen([sys.executable, "-m", "services", "demo", "--child"])
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(CHILD_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()


def main() -> None:
    """The program."""
    run_program(bangkom)


if __name__ == "__main__":
    main()
