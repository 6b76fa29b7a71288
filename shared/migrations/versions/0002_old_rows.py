"""Ways to what may be forgotten: ids by the time they came, states by the one that a newer one has replaced."""

from shared.indexes import build_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_inbox_received_at", "inbox", ["received_at"])
    states = "topic IN ('bangkom.employees', 'bangkom.reference')"
    build_index("ix_outbox_states", "outbox", ["topic", "key", "seq"], where=states)
