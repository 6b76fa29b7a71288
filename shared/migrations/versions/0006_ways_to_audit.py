"""Ways to what an auditor looks for: one kind of act, the acts of one actor, those of a day."""

from shared.indexes import build_index

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_audit_entries_action", "audit_entries", ["action", "id"])
    build_index("ix_audit_entries_actor_id", "audit_entries", ["actor_id", "id"])
    build_index("ix_audit_entries_at", "audit_entries", ["at"])
