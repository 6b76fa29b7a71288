"""Sign-ins by an OpenID provider, and browsers on their way there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "pending_sign_ins",
        sa.Column("state_sha256", sa.LargeBinary, nullable=False),
        sa.Column("visitor_sha256", sa.LargeBinary, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("state_sha256", name="pk_pending_sign_ins"),
    )
    op.create_index("ix_pending_sign_ins_expires_at", "pending_sign_ins", ["expires_at"])
    op.create_table(
        "provider_sign_ins",
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text),
        sa.Column("roles", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("employee_id", sa.Uuid),
        sa.Column("created_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("last_used_at", MOMENT, nullable=False, server_default=NOW),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_provider_sign_ins"),
    )
    op.create_index("ix_provider_sign_ins_subject", "provider_sign_ins", ["subject"])
    op.create_index("ix_provider_sign_ins_session_id", "provider_sign_ins", ["session_id"])
    op.create_index("ix_provider_sign_ins_employee_id", "provider_sign_ins", ["employee_id"])
    op.create_index("ix_provider_sign_ins_expires_at", "provider_sign_ins", ["expires_at"])
