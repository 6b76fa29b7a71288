"""Passwords that must be changed, and slips with which a first one is set."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("accounts", sa.Column("must_change_password", sa.Boolean, nullable=False, server_default="false"))
    op.create_table(
        "activation_slips",
        sa.Column("code_sha256", sa.LargeBinary, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("code_sha256", name="pk_activation_slips"),
        sa.UniqueConstraint("account_id", name="uq_activation_slips_account_id"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_activation_slips_account_id", ondelete="CASCADE"
        ),
    )
