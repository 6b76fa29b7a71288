"""What operators' commands have in common: how a service is named and how figures are shown to programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import orjson

from shared.operate.installation import Installation


def service_option(command: click.decorators.FC) -> click.decorators.FC:
    """Which service a command is about; needed only where there are several."""
    return click.option("--service", "name", help="Nama layanan, bila ada beberapa.")(command)


def json_option(command: click.decorators.FC) -> click.decorators.FC:
    """Output for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Keluaran JSON untuk program.")(command)


def chosen(installation: Installation, name: str | None) -> str:
    """The service a command is about."""
    names = list(installation.services)
    if name is None and len(names) == 1:
        return names[0]
    if name not in names:
        raise click.UsageError(f"--service harus salah satu dari: {', '.join(names)}.")
    return name


def show_json(found: Sequence[dict[str, Any]]) -> None:
    """One JSON list; moments in ISO 8601."""
    click.echo(orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2).decode())
