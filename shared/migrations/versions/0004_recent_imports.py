"""A way to the imports of the last days, which are few among all that is audited."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    imports = sa.text("subject_type = 'import'")
    op.create_index("ix_audit_entries_imports", "audit_entries", ["at"], postgresql_where=imports)
