"""Requests, mentors, matching, pairs and their sessions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _assessed_levels()
    _competencies()
    _conflicts()
    _matching_runs()
    _mentors()
    _requests()
    _pairs()
    _proposals()
    _sessions()


def _assessed_levels() -> None:
    op.create_table(
        "assessed_levels",
        sa.Column("assessment_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("assessed_on", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("level", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", "competency", name="pk_assessed_levels"),
    )
    op.create_index("ix_assessed_levels_competency_employee_id", "assessed_levels", ["competency", "employee_id"])


def _competencies() -> None:
    op.create_table(
        "competencies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_competencies"),
    )
    op.create_index("ix_competencies_code", "competencies", ["code"])


def _conflicts() -> None:
    op.create_table(
        "conflicts",
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("mentor_id", sa.Uuid, nullable=False),
        sa.Column("declared_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "mentor_id", name="pk_conflicts"),
    )


def _matching_runs() -> None:
    op.create_table(
        "matching_runs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("considered", sa.Integer, nullable=False),
        sa.Column("unmatched", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_matching_runs"),
    )


def _mentors() -> None:
    op.create_table(
        "mentors",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("competencies", pg.JSONB, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("online", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("pause_reason", sa.Text),
        sa.Column("enlisted_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mentors"),
    )


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("form", sa.Integer, nullable=False),
        sa.Column("follow_up_id", sa.Uuid),
        sa.Column("plan_item_id", sa.Uuid),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("guide_id", sa.Uuid),
        sa.Column("required_level", sa.Integer),
        sa.Column("current_level", sa.Integer),
        sa.Column("unit_wish", sa.Text, nullable=False),
        sa.Column("due_date", sa.Date),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("withdrawal_reason", sa.Text),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
        sa.UniqueConstraint("follow_up_id", name="uq_requests_follow_up_id"),
        sa.UniqueConstraint("plan_item_id", name="uq_requests_plan_item_id"),
    )
    op.create_index("ix_requests_employee_id_id", "requests", ["employee_id", "id"])
    op.create_index("ix_requests_status_id", "requests", ["status", "id"])


def _pairs() -> None:
    op.create_table(
        "pairs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("mentor_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("form", sa.Integer, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("follow_up_id", sa.Uuid),
        sa.Column("plan_item_id", sa.Uuid),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("objective", sa.Text),
        sa.Column("goals", pg.JSONB, nullable=False),
        sa.Column("target_level", sa.Integer),
        sa.Column("start_date", sa.Date),
        sa.Column("end_date", sa.Date),
        sa.Column("sessions_per_month", sa.Integer),
        sa.Column("signed", pg.JSONB, nullable=False),
        sa.Column("evidence", sa.Text),
        sa.Column("matched_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_on", sa.Date),
        sa.Column("stop_reason", sa.Text),
        sa.Column("attainments", pg.JSONB, nullable=False),
        sa.Column("attainment", sa.Integer),
        sa.Column("session_count", sa.Integer),
        sa.Column("outcome", sa.Text),
        sa.Column("rule_version", sa.Text),
        sa.Column("mentor_note", sa.Text),
        sa.Column("reaction", sa.Integer),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name="fk_pairs_request_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pairs"),
    )
    op.create_index("ix_pairs_employee_id_id", "pairs", ["employee_id", "id"])
    op.create_index("ix_pairs_mentor_id_id", "pairs", ["mentor_id", "id"])
    op.create_index("ix_pairs_request_id", "pairs", ["request_id"])
    op.create_index(
        "uq_pairs_living",
        "pairs",
        ["request_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('MATCHED', 'ACTIVE')"),
    )


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("mentor_id", sa.Uuid, nullable=False),
        sa.Column("points", pg.JSONB, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.ForeignKeyConstraint(["run_id"], ["matching_runs.id"], name="fk_proposals_run_id"),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name="fk_proposals_request_id"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_run_id", "proposals", ["run_id"])
    op.create_index(
        "uq_proposals_waiting", "proposals", ["request_id"], unique=True, postgresql_where=sa.text("status = 'WAITING'")
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("pair_id", sa.Uuid, nullable=False),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("starts_at", sa.Time, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("goal_number", sa.Integer),
        sa.Column("summary", sa.Text),
        sa.Column("notes", pg.JSONB),
        sa.Column("next_on", sa.Date),
        sa.Column("evidence", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("logged_by", sa.Text, nullable=False),
        sa.Column("logged_by_actor", sa.Uuid, nullable=False),
        sa.Column("logged_at", MOMENT, nullable=False),
        sa.Column("answered_by_actor", sa.Uuid),
        sa.Column("answered_at", MOMENT),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], name="fk_sessions_pair_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_pair_id_held_on", "sessions", ["pair_id", "held_on"])
