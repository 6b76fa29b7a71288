"""Timers know which event had them set, so that what they do names it as its cause."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timers", sa.Column("cause", sa.Text))
