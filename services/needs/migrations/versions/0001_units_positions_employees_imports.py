"""Units, positions, employees, and the staging of imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "units",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Uuid),
        sa.Column("unit_type", sa.Text),
        sa.Column("head_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        sa.UniqueConstraint("code", name="uq_units_code"),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name="fk_units_parent_id"),
    )
    op.create_index("ix_units_parent_id", "units", ["parent_id"])
    op.create_index("ix_units_head_id", "units", ["head_id"])
    op.create_table(
        "positions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("position_class", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_positions"),
        sa.UniqueConstraint("title", "position_class", name="uq_positions_title"),
    )
    _create_employees()
    _create_imports()


def _create_employees() -> None:
    op.create_table(
        "employees",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("employee_number", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("title_before", sa.Text),
        sa.Column("title_after", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("employment_type", sa.Text, nullable=False),
        sa.Column("legal_status", sa.Text, nullable=False),
        sa.Column("unit_id", sa.Uuid, nullable=False),
        sa.Column("position_id", sa.Uuid, nullable=False),
        sa.Column("superior_id", sa.Uuid),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_employees"),
        sa.UniqueConstraint("employee_number", name="uq_employees_employee_number"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_employees_unit_id"),
        sa.ForeignKeyConstraint(["position_id"], ["positions.id"], name="fk_employees_position_id"),
        sa.ForeignKeyConstraint(["superior_id"], ["employees.id"], name="fk_employees_superior_id"),
    )
    for column in ("unit_id", "position_id", "superior_id"):
        op.create_index(f"ix_employees_{column}", "employees", [column])


def _create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("file_sha256", sa.LargeBinary, nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("finished_at", moment),
        sa.Column("titles", postgresql.JSONB, nullable=False),
        sa.Column("rows_read", sa.Integer, nullable=False),
        sa.Column("rows_added", sa.Integer, nullable=False),
        sa.Column("rows_changed", sa.Integer, nullable=False),
        sa.Column("rows_unchanged", sa.Integer, nullable=False),
        sa.Column("rows_refused", sa.Integer, nullable=False),
        sa.Column("problems", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
        sa.CheckConstraint("kind IN ('units', 'positions', 'employees')", name="ck_imports_kind"),
        sa.CheckConstraint("status IN ('STAGED', 'APPLIED', 'REFUSED', 'ABANDONED')", name="ck_imports_status"),
    )
    op.create_index("ix_imports_created_at", "imports", ["created_at"])
    op.create_table(
        "staged_rows",
        sa.Column("import_id", sa.Uuid, nullable=False),
        sa.Column("row_number", sa.Integer, nullable=False),
        sa.Column("record", postgresql.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "row_number", name="pk_staged_rows"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_staged_rows_import_id", ondelete="CASCADE"),
    )


def downgrade() -> None:
    for table in ("staged_rows", "imports", "employees", "positions", "units"):
        op.drop_table(table)
