"""Programmes, classes, enrolments, evaluations, follow-ups, reviews, forms, answers, journeys, citizen surveys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _programs_and_classes()
    _enrolments()
    _follow_ups()
    _evaluations()
    _reviews()
    _forms()
    _answers()
    _class_findings()
    _journeys()
    _citizen_surveys()


def _programs_and_classes() -> None:
    op.create_table(
        "programs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("form", sa.Integer, nullable=False),
        sa.Column("pass_mark", sa.Integer),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_programs"),
    )
    op.create_table(
        "classes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("end_date", sa.Date, nullable=False),
        sa.Column("cost_level", sa.Text),
        sa.Column("feedback_until", sa.Date),
        sa.Column("concluded_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_classes"),
    )
    op.create_index("ix_classes_feedback_until", "classes", ["feedback_until"])
    op.create_index("ix_classes_program_id_end_date", "classes", ["program_id", "end_date"])


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
        sa.Column("learning_hours", sa.Integer),
        sa.Column("follow_up_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_enrolments"),
    )
    op.create_index("ix_enrolments_class_id", "enrolments", ["class_id"])


def _follow_ups() -> None:
    op.create_table(
        "cases",
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "competency", "cycle", name="pk_cases"),
    )
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("evaluation_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("signal", sa.SmallInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("due_in_days", sa.Integer, nullable=False),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("guide_id", sa.Uuid),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT),
        sa.Column("closing_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_follow_ups"),
    )
    op.create_index(
        "uq_follow_ups_active_case",
        "follow_ups",
        ["employee_id", "competency", "cycle"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('CLOSED', 'ESCALATED')"),
    )
    op.create_index("ix_follow_ups_status_id", "follow_ups", ["status", "id"])
    op.create_index("ix_follow_ups_employee_id_id", "follow_ups", ["employee_id", "id"])
    guided = sa.text("guide_id IS NOT NULL")
    op.create_index("ix_follow_ups_guide_id_id", "follow_ups", ["guide_id", "id"], postgresql_where=guided)


def _evaluations() -> None:
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("activity_kind", sa.Text, nullable=False),
        sa.Column("activity_id", sa.Uuid, nullable=False),
        sa.Column("enrolment_id", sa.Uuid),
        sa.Column("class_id", sa.Uuid),
        sa.Column("program_id", sa.Uuid),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("figure", sa.Numeric(5, 2)),
        sa.Column("gain", sa.Numeric(12, 2)),
        sa.Column("signal", sa.SmallInteger),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("concluded_at", MOMENT, nullable=False),
        sa.Column("follow_up_id", sa.Uuid),
        sa.PrimaryKeyConstraint("id", name="pk_evaluations"),
        sa.UniqueConstraint("activity_id", "level", name="uq_evaluations_activity_id"),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name="fk_evaluations_enrolment_id"),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_ups.id"], name="fk_evaluations_follow_up_id"),
    )
    op.create_index("ix_evaluations_employee_id_id", "evaluations", ["employee_id", "id"])
    attached = sa.text("follow_up_id IS NOT NULL")
    op.create_index("ix_evaluations_follow_up_id", "evaluations", ["follow_up_id"], postgresql_where=attached)


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("activity_kind", sa.Text, nullable=False),
        sa.Column("activity_id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("end_date", sa.Date, nullable=False),
        sa.Column("need_ids", pg.JSONB, nullable=False),
        sa.Column("follow_up_id", sa.Uuid),
        sa.Column("class_id", sa.Uuid),
        sa.Column("program_id", sa.Uuid),
        sa.Column("learning_hours", sa.Integer, nullable=False),
        sa.Column("due_date", sa.Date, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ground", sa.Text),
        sa.Column("superior_id", sa.Uuid),
        sa.Column("opened_at", MOMENT),
        sa.Column("answer_by", sa.Date),
        sa.Column("closed_at", MOMENT),
        sa.Column("level", sa.SmallInteger),
        sa.Column("causes", pg.JSONB),
        sa.Column("failed_items", pg.JSONB),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("activity_id", name="uq_reviews_activity_id"),
    )
    for name, column, condition in (
        ("planned", "due_date", "status = 'PLANNED'"),
        ("open", "answer_by", "status = 'OPEN'"),
        ("class_unknown", "class_id", "ground = 'CLASS_UNKNOWN'"),
    ):
        op.create_index(f"ix_reviews_{name}", "reviews", [column], postgresql_where=sa.text(condition))
    op.create_index("ix_reviews_employee_id_due_date", "reviews", ["employee_id", "due_date"])
    op.create_index("ix_reviews_superior_id_due_date", "reviews", ["superior_id", "due_date"])


def _forms() -> None:
    op.create_table(
        "forms",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("respondent_id", sa.Uuid, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("class_id", sa.Uuid),
        sa.Column("review_id", sa.Uuid),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("answer_by", sa.Date, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forms"),
        sa.UniqueConstraint("class_id", "respondent_id", name="uq_forms_class_id"),
        sa.UniqueConstraint("review_id", "role", "respondent_id", name="uq_forms_review_id"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_forms_review_id"),
    )
    superior = sa.text("role = 'SUPERIOR'")
    op.create_index("uq_forms_superior", "forms", ["review_id"], unique=True, postgresql_where=superior)
    op.create_index("ix_forms_respondent_id_id", "forms", ["respondent_id", "id"])
    op.create_index("ix_forms_subject_id_id", "forms", ["subject_id", "id"])


def _answers() -> None:
    op.create_table(
        "behaviour_answers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("review_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("respondent_id", sa.Uuid),
        sa.Column("answered_on", sa.Date, nullable=False),
        sa.Column("scores", pg.JSONB, nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("cause", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_behaviour_answers"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_behaviour_answers_review_id"),
    )
    op.create_index("ix_behaviour_answers_review_id", "behaviour_answers", ["review_id"])
    op.create_table(
        "reaction_answers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("class_id", sa.Uuid, nullable=False),
        sa.Column("answered_on", sa.Date, nullable=False),
        sa.Column("scores", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reaction_answers"),
    )
    op.create_index("ix_reaction_answers_class_id", "reaction_answers", ["class_id"])


def _class_findings() -> None:
    op.create_table(
        "class_findings",
        sa.Column("class_id", sa.Uuid, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("program_id", sa.Uuid, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("figure", sa.Numeric(12, 2)),
        sa.Column("low_share", sa.Numeric(5, 2)),
        sa.Column("pooled", sa.Boolean, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("items", pg.JSONB),
        sa.Column("concluded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "level", name="pk_class_findings"),
    )
    op.create_index("ix_class_findings_program_id", "class_findings", ["program_id"])


def _journeys() -> None:
    op.create_table(
        "needs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("employee_id", sa.Uuid, nullable=False),
        sa.Column("competency", sa.Text, nullable=False),
        sa.Column("cycle", sa.Integer, nullable=False),
        sa.Column("standard_level", sa.Integer),
        sa.Column("current_level", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_needs"),
    )
    op.create_index("ix_needs_employee_id_id", "needs", ["employee_id", "id"])
    op.create_table(
        "journey_events",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("happened_at", MOMENT),
        sa.Column("causation", sa.Text),
        sa.Column("correlation", sa.Uuid, nullable=False),
        sa.Column("data", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_journey_events"),
    )
    op.create_index("ix_journey_events_subject_id", "journey_events", ["subject_id"])
    op.create_table(
        "journey_links",
        sa.Column("need_id", sa.Uuid, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.PrimaryKeyConstraint("need_id", "subject_id", name="pk_journey_links"),
    )


def _citizen_surveys() -> None:
    op.create_table(
        "citizen_surveys",
        sa.Column("unit_code", sa.Text, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("quarter", sa.Integer, nullable=False),
        sa.Column("unit_name", sa.Text, nullable=False),
        sa.Column("respondents", sa.Integer, nullable=False),
        sa.Column("sums", pg.JSONB, nullable=False),
        sa.Column("official_index", sa.Numeric(5, 2)),
        sa.Column("official_weight", sa.Numeric(5, 4)),
        sa.Column("eighth_element", sa.Text, nullable=False),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("unit_code", "year", "quarter", name="pk_citizen_surveys"),
    )
