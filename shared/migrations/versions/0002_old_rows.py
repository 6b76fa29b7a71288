"""Ways to what may be forgotten: ids by the time they came, states by the one that a newer one has replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    states = sa.text("topic IN ('bangkom.employees', 'bangkom.reference')")
    op.create_index("ix_outbox_states", "outbox", ["topic", "key", "seq"], postgresql_where=states)
