"""The first tables of training: programmes, classes, enrolments, attendance."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _programs()
    _classes()
    _enrolments()
    _attendances()


def _terms() -> list[sa.Column[object]]:
    return [
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("learning_hours", sa.Integer, nullable=False),
        sa.Column("pass_mark", sa.Integer),
        sa.Column("minimum_attendance_percent", sa.Integer, nullable=False),
        sa.Column("post_test_required", sa.Boolean, nullable=False),
    ]


def _programs() -> None:
    op.create_table(
        "programs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("form", sa.Integer, nullable=False),
        *_terms(),
        sa.PrimaryKeyConstraint("id", name="pk_programs"),
        sa.UniqueConstraint("code", name="uq_programs_code"),
    )


def _classes() -> None:
    op.create_table(
        "classes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("start_date", sa.Date, nullable=False),
        sa.Column("end_date", sa.Date, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("session_hours", pg.ARRAY(sa.Integer), nullable=False),
        *_terms(),
        sa.PrimaryKeyConstraint("id", name="pk_classes"),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name="fk_classes_program_id"),
    )
    op.create_index("ix_classes_program_id", "classes", ["program_id"])


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("class_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("pre_score", sa.Integer),
        sa.Column("post_score", sa.Integer),
        sa.Column("max_score", sa.Integer),
        sa.Column("attendance_percent", sa.Integer),
        sa.Column("missed", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.UniqueConstraint("class_id", "employee_id", name="uq_enrolments_class_id"),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name="fk_enrolments_class_id"),
    )
    op.create_index("ix_enrolments_employee_id", "enrolments", ["employee_id"])


def _attendances() -> None:
    op.create_table(
        "attendances",
        sa.Column("enrolment_id", sa.Uuid, nullable=False),
        sa.Column("session_number", sa.Integer, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("enrolment_id", "session_number", name="pk_attendances"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_attendances_enrolment_id"),
    )
