"""Requests for mentoring."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("follow_up_id", sa.Uuid),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("due_date", sa.Date),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("withdrawal_reason", sa.Text),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
        sa.UniqueConstraint("follow_up_id", name="uq_requests_follow_up_id"),
    )
    op.create_index("ix_requests_status_id", "requests", ["status", "id"])
    op.create_index("ix_requests_employee_id_id", "requests", ["employee_id", "id"])
