"""Master data, staging of imports, competencies and assessments, needs and the plan."""

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
    _create_standards()
    _create_assessments()
    _create_needs()
    _create_need_steps()
    _create_decrees()
    _create_plan_items()


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
    op.create_index("ix_employees_name_id", "employees", ["name", "id"])


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
        sa.CheckConstraint(
            "kind IN ('units', 'positions', 'employees', 'standards', 'assessments', 'performance')",
            name="ck_imports_kind",
        ),
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


def _create_standards() -> None:
    op.create_table(
        "competencies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_competencies"),
        sa.UniqueConstraint("code", name="uq_competencies_code"),
    )
    op.create_table(
        "class_standards",
        sa.Column("position_class", sa.Text, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("position_class", "competency", name="pk_class_standards"),
        sa.ForeignKeyConstraint(["competency"], ["competencies.code"], name="fk_class_standards_competency"),
    )
    op.create_table(
        "position_standards",
        sa.Column("position_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("position_id", "competency", name="pk_position_standards"),
        sa.ForeignKeyConstraint(["position_id"], ["positions.id"], name="fk_position_standards_position_id"),
        sa.ForeignKeyConstraint(["competency"], ["competencies.code"], name="fk_position_standards_competency"),
    )


def _create_assessments() -> None:
    op.create_table(
        "assessments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("assessed_on", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("provider", sa.Text),
        sa.Column("position_id", sa.Uuid),
        sa.Column("sender_total", sa.Integer),
        sa.Column("sender_match", sa.Numeric(7, 2)),
        sa.Column("recorded_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assessments"),
    )
    op.create_index("ix_assessments_employee_id_id", "assessments", ["employee_id", "id"])
    op.create_table(
        "evidence",
        sa.Column("assessment_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("assessed_on", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", "competency", name="pk_evidence"),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessments.id"], name="fk_evidence_assessment_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_evidence_employee_id_competency", "evidence", ["employee_id", "competency"])
    op.create_table(
        "performance_results",
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("predicate", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("behaviour", sa.Text),
        sa.PrimaryKeyConstraint("employee_id", "year", name="pk_performance_results"),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name="fk_performance_results_employee_id"),
    )


def _create_needs() -> None:
    op.create_table(
        "analyses",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("unit_code", sa.Text),
        sa.Column("analysed_on", sa.Date, nullable=False),
        sa.Column("analysed_at", moment, nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("people_without_evidence", sa.Integer, nullable=False),
        sa.Column("needs_identified", sa.Integer, nullable=False),
        sa.Column("needs_known", sa.Integer, nullable=False),
        sa.Column("contradictions", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
    )
    op.create_table(
        "needs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("standard_level", sa.Integer, nullable=False),
        sa.Column("current_level", sa.Integer, nullable=False),
        sa.Column("unit_id", sa.Uuid, nullable=False),
        sa.Column("position_id", sa.Uuid, nullable=False),
        sa.Column("identified_on", sa.Date, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("assessment_id", sa.Uuid),
        sa.Column("contradicted", sa.Boolean, nullable=False),
        sa.Column("closing_assessment_id", sa.Uuid),
        sa.Column("closing_level", sa.Integer),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("review_since", moment),
        sa.Column("review_follow_up_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_needs"),
    )
    op.create_index(
        "uq_needs_case",
        "needs",
        ["employee_id", "competency", "cycle"],
        unique=True,
        postgresql_where=sa.text("status <> 'REJECTED'"),
    )
    op.create_index("ix_needs_employee_id_id", "needs", ["employee_id", "id"])
    op.create_index("ix_needs_cycle_status_id", "needs", ["cycle", "status", "id"])


def _create_need_steps() -> None:
    op.create_table(
        "need_steps",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("need_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("taken_at", moment, nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("on_behalf_of", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_need_steps"),
        sa.UniqueConstraint("need_id", "id", name="uq_need_steps_need_id"),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name="fk_need_steps_need_id"),
    )


def _create_decrees() -> None:
    op.create_table(
        "decrees",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("decreed_on", sa.Date, nullable=False),
        sa.Column("signatory", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("entered_by", sa.Uuid, nullable=False),
        sa.Column("entered_at", moment, nullable=False),
        sa.Column("concluded_by", sa.Uuid),
        sa.Column("concluded_at", moment),
        sa.PrimaryKeyConstraint("id", name="pk_decrees"),
    )
    op.create_index(
        "uq_decrees_number",
        "decrees",
        ["number", "decreed_on"],
        unique=True,
        postgresql_where=sa.text("status <> 'CANCELLED'"),
    )
    op.create_index("ix_decrees_cycle_id", "decrees", ["cycle", "id"])


def _create_plan_items() -> None:
    op.create_table(
        "plan_items",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("need_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("form", sa.Integer, nullable=False),
        sa.Column("program", sa.Text),
        sa.Column("provider", sa.Text),
        sa.Column("scheduled_from", sa.Date),
        sa.Column("scheduled_to", sa.Date),
        sa.Column("learning_hours", sa.Integer),
        sa.Column("fits_curriculum", sa.Boolean),
        sa.Column("cost", sa.BigInteger),
        sa.Column("funding_source", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("decree_id", sa.Uuid),
        sa.Column("reason", sa.Text),
        sa.Column("changed_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan_items"),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name="fk_plan_items_need_id"),
        sa.ForeignKeyConstraint(["decree_id"], ["decrees.id"], name="fk_plan_items_decree_id"),
    )
    op.create_index(
        "uq_plan_items_active",
        "plan_items",
        ["need_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('PROPOSED', 'SUBMITTED', 'APPROVED')"),
    )
    op.create_index("ix_plan_items_cycle_status_id", "plan_items", ["cycle", "status", "id"])
    op.create_index("ix_plan_items_employee_id_id", "plan_items", ["employee_id", "id"])
    op.create_index("ix_plan_items_decree_id", "plan_items", ["decree_id"])


TABLES = (
    *("plan_items", "decrees", "need_steps", "needs", "analyses", "performance_results", "evidence", "assessments"),
    *("position_standards", "class_standards", "competencies"),
    *("staged_rows", "imports", "employees", "positions", "units"),
)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
