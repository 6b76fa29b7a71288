"""Tables whose rows no account may change: of its rights to them only reading and adding remain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

CHANGES = "UPDATE, DELETE, TRUNCATE"
HOLDERS = sa.text(
    "SELECT DISTINCT CAST(CAST(held.grantee AS regrole) AS text) FROM pg_class, aclexplode(relacl) AS held"
    " WHERE relnamespace = CAST('public' AS regnamespace) AND relname = :table AND held.grantee <> 0"
    " AND held.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')"
)


def take_back_changes(*tables: str) -> None:
    """Leave nobody the right to change or remove rows: neither the owner nor whom default rights of the schema name."""
    for table in tables:
        # The name of an account comes quoted where it needs to be.
        for account in op.get_bind().scalars(HOLDERS, {"table": table}).all():
            op.execute(f"REVOKE {CHANGES} ON {table} FROM {account}")
        op.execute(f"REVOKE {CHANGES} ON {table} FROM PUBLIC")
