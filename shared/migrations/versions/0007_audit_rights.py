"""Nobody may change the audit log: an account that works with tables of another had the right to by default."""

from shared.append_only import take_back_changes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    take_back_changes("audit_entries", "audit_seals")
