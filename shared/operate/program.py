"""How every command line of ours ends: an expected failure is one line. Loads fast, since a start waits for it."""

from __future__ import annotations

import click

from shared.errors import DomainError
from shared.postgres import EmbeddedPostgresError
from shared.settings import WrongSetting


def run_program(group: click.Group, installation: object = None) -> None:
    """Run a command line; what is wrong with settings, folder or ports is one line and exit code 2."""
    try:
        group(obj=installation)
    except (WrongSetting, DomainError, EmbeddedPostgresError) as finding:
        click.echo(str(finding), err=True)
        raise SystemExit(2) from None
