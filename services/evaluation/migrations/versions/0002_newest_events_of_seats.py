"""Seats know the newest events that told of their scores and of their end, so that an older one undoes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("score_sequence", "outcome_sequence"):
        op.add_column("enrolments", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
