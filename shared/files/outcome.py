"""What became of a file that was taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.files.columns import RowError


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How many records were new, different, or already so."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """refused counts rows; notes are oddities of rows that were accepted."""

    import_id: UUID
    status: Literal["APPLIED", "REFUSED"]
    rows_read: int
    changes: Changes
    refused: int
    errors: Sequence[RowError]
    notes: Sequence[RowError] = ()
