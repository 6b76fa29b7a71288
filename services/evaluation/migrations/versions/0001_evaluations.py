"""Programmes, enrolments, evaluations and follow-ups."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _programs()
    _enrolments()
    _follow_ups()
    _evaluations()


def _programs() -> None:
    op.create_table(
        "programs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("pass_mark", sa.Integer),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_programs"),
    )


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("class_id", sa.Uuid, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("pre_score", sa.Integer),
        sa.Column("post_score", sa.Integer),
        sa.Column("max_score", sa.Integer),
        sa.Column("outcome", sa.Text),
        sa.Column("competency", sa.Text),
        sa.Column("pass_mark", sa.Integer),
        sa.Column("end_date", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
    )


def _follow_ups() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("evaluation_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("closing_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
    )
    op.create_index(
        "uq_follow_ups_open_case",
        "follow_ups",
        ["employee_id", "competency", "cycle"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_index("ix_follow_ups_status_id", "follow_ups", ["status", "id"])
    op.create_index("ix_follow_ups_employee_id_id", "follow_ups", ["employee_id", "id"])


def _evaluations() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("enrolment_id", sa.Uuid, nullable=False),
        sa.Column("class_id", sa.Uuid, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("figure", sa.Numeric(5, 2)),
        sa.Column("gain", sa.Numeric(12, 2)),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("concluded_at", MOMENT, nullable=False),
        sa.Column("follow_up_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_evaluations"),
        sa.UniqueConstraint("enrolment_id", "level", name="uq_evaluations_enrolment_id"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_evaluations_enrolment_id"),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_ups.id"], name="fk_evaluations_follow_up_id"),
    )
    op.create_index("ix_evaluations_employee_id_id", "evaluations", ["employee_id", "id"])
    attached = sa.text("follow_up_id IS NOT NULL")
    op.create_index("ix_evaluations_follow_up_id", "evaluations", ["follow_up_id"], postgresql_where=attached)
