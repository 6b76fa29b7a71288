"""A way to the imports of the last days, which are few among all that is audited."""

from shared.indexes import build_index

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_audit_entries_imports", "audit_entries", ["at"], where="subject_type = 'import'")
