"""Deputies (PLT and PLH): who leads a unit from which day to which, by which decree."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deputies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("unit_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("capacity", sa.Text, nullable=False),
        sa.Column("decree_number", sa.Text, nullable=False),
        sa.Column("from_date", sa.Date, nullable=False),
        sa.Column("to_date", sa.Date, nullable=False),
        sa.Column("recorded_by", sa.Uuid, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("from_date <= to_date", name="ck_deputies_days"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_deputies_unit_id"),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name="fk_deputies_employee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deputies"),
    )
    op.create_index("ix_deputies_unit_id", "deputies", ["unit_id"])
    op.create_index("ix_deputies_employee_id", "deputies", ["employee_id"])
