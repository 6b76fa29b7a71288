"""The first tables of training: catalogue, classes, seats, demands and the ledger of learning hours."""

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
    _certificates()
    _nominations()
    _revision_requests()
    _demands()
    _activities()
    _credits()
    _employment_periods()


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
        sa.Column("form", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("start_date", sa.Date, nullable=False),
        sa.Column("end_date", sa.Date, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("session_hours", pg.ARRAY(sa.Integer), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("cost_level", sa.Text, nullable=False),
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
        sa.Column("plan_item_id", sa.Uuid),
        sa.Column("follow_up_id", sa.Uuid),
        sa.Column("application", sa.Text),
        sa.Column("promised_on", sa.Date),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("pre_score", sa.Integer),
        sa.Column("post_score", sa.Integer),
        sa.Column("max_score", sa.Integer),
        sa.Column("attendance_percent", sa.Integer),
        sa.Column("missed", sa.Text),
        sa.Column("cancellation", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name="fk_enrolments_class_id"),
    )
    op.create_index(
        "uq_enrolments_class_id_employee_id",
        "enrolments",
        ["class_id", "employee_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'CANCELLED'"),
    )
    op.create_index("ix_enrolments_employee_id", "enrolments", ["employee_id"])
    for column in ("plan_item_id", "follow_up_id"):
        present = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_enrolments_{column}", "enrolments", [column], postgresql_where=present)


def _attendances() -> None:
    op.create_table(
        "attendances",
        sa.Column("enrolment_id", sa.Uuid, nullable=False),
        sa.Column("session_number", sa.Integer, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("enrolment_id", "session_number", name="pk_attendances"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_attendances_enrolment_id"),
    )


def _certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("enrolment_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("revoked_on", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("number", name="uq_certificates_number"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_certificates_enrolment_id"),
        sa.ForeignKeyConstraint(["program_id"], ["programs.id"], name="fk_certificates_program_id"),
    )
    op.create_index(
        "uq_certificates_enrolment_id",
        "certificates",
        ["enrolment_id"],
        unique=True,
        postgresql_where=sa.text("revoked_on IS NULL"),
    )
    op.create_index("ix_certificates_employee_id", "certificates", ["employee_id"])
    op.create_table(
        "certificate_serials",
        sa.Column("year", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_certificate_serials"),
    )


def _nominations() -> None:
    op.create_table(
        "nominations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("class_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("nominated_by", sa.Uuid, nullable=False),
        sa.Column("nominator_id", sa.Uuid),
        sa.Column("plan_item_id", sa.Uuid),
        sa.Column("follow_up_id", sa.Uuid),
        sa.Column("reason", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("nominated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_nominations"),
        sa.ForeignKeyConstraint(["class_id"], ["classes.id"], name="fk_nominations_class_id"),
    )
    op.create_index(
        "uq_nominations_class_id_employee_id",
        "nominations",
        ["class_id", "employee_id"],
        unique=True,
        postgresql_where=sa.text("status = 'NOMINATED'"),
    )
    op.create_index("ix_nominations_employee_id", "nominations", ["employee_id"])


def _revision_requests() -> None:
    op.create_table(
        "revision_requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("class_id", sa.Uuid),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("figure", sa.Numeric, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_revision_requests"),
    )
    op.create_index("ix_revision_requests_program_id", "revision_requests", ["program_id"])


def _demands() -> None:
    op.create_table(
        "demands",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("form", sa.Integer),
        sa.Column("program", sa.Text),
        sa.Column("due_date", sa.Date),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("enrolment_id", sa.Uuid),
        sa.Column("demanded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_demands"),
    )
    op.create_index("ix_demands_status_id", "demands", ["status", "id"])
    op.create_index("ix_demands_employee_id", "demands", ["employee_id"])


def _activities() -> None:
    op.create_table(
        "activities",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("form_code", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("starts_at", sa.Time),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("claimed_hours", sa.Numeric),
        sa.Column("title", sa.Text),
        sa.Column("provider", sa.Text),
        sa.Column("correlation_id", sa.Uuid),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("credited_hours", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("credited_limit", sa.Text),
        sa.Column("rule_version", sa.Text),
        sa.Column("credit_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_activities"),
    )
    op.create_index("ix_activities_employee_id_form_code", "activities", ["employee_id", "form_code"])
    op.create_index("ix_activities_employee_id_year", "activities", ["employee_id", "year"])


def _credits() -> None:
    op.create_table(
        "accounts_of_hours",
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("form_code", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "form_code", name="pk_accounts_of_hours"),
    )
    op.create_table(
        "credits",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("activity_id", sa.Uuid, nullable=False),
        sa.Column("hours", sa.Integer, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", sa.DateTime(timezone=True)),
        sa.Column("reversal_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_credits"),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name="fk_credits_activity_id"),
    )
    op.create_index(
        "uq_credits_activity_id",
        "credits",
        ["activity_id"],
        unique=True,
        postgresql_where=sa.text("reversed_at IS NULL"),
    )


def _employment_periods() -> None:
    op.create_table(
        "employment_periods",
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("legal_status", sa.Text, nullable=False),
        sa.Column("employment_type", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "starts_on", name="pk_employment_periods"),
    )
