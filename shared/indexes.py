"""Indexes on tables that are in use: built beside readers and writers, as a migration's last or only step."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from shared.db import LOCK_TIMEOUT_MS


def build_index(name: str, table: str, columns: Sequence[str], where: str | None = None) -> None:
    """Build an index while everybody works; cut off, it is begun anew when the migration is given again.

    What the migration did before is committed by it.
    """
    with op.get_context().autocommit_block():
        # It waits for transactions that are older than it, and nobody waits for it meanwhile.
        op.execute("SET lock_timeout = 0")
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        condition = None if where is None else sa.text(where)
        op.create_index(name, table, columns, postgresql_where=condition, postgresql_concurrently=True)
        op.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
