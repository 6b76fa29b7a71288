"""What tests of backups share: the command line, and backups that were changed since they were made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from services.__main__ import bangkom
from shared.operate import kept

AGENCY = "medan"


def operate(*words: str) -> Result:
    """Run a command of the whole installation; what it does not expect, and a wrong setting, is raised here."""
    return CliRunner().invoke(bangkom, words, catch_exceptions=False)


def altered(backup: Path, **values: Any) -> None:
    """Write the paper anew as another program would have, with its seal."""
    told = json.loads((backup / kept.PAPER).read_text())
    told.pop("seal")
    told.update(values)
    (backup / kept.PAPER).write_text(json.dumps({**told, "seal": kept.sum_of(told)}))
