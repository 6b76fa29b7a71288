"""A way to the newest steps of each kind."""

from shared.indexes import build_index

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_need_steps_status_taken_at", "need_steps", ["status", "taken_at"])
