"""A way to the newest steps of each kind."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_need_steps_status_taken_at", "need_steps", ["status", "taken_at"])
