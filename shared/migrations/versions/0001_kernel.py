"""The kernel's tables: delivery, time, directory, idempotency and audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _outbox()
    _inbox()
    _held_records()
    _states()
    _timers()
    _directory()
    _requests()


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("headers", pg.JSON, nullable=False),
        sa.Column("value", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.Column("published_at", MOMENT),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
    )
    op.create_index("ix_outbox_unpublished", "outbox", ["seq"], postgresql_where=sa.text("published_at IS NULL"))
    op.create_table(
        "refused_keys",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.PrimaryKeyConstraint("topic", "key", name="pk_refused_keys"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False, server_default=sa.text("transaction_timestamp()")),
        sa.PrimaryKeyConstraint("event_id", name="pk_inbox"),
    )


def _held_records() -> None:
    soon = sa.text("clock_timestamp() + interval '1 second'")
    op.create_table(
        "held_records",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("value", sa.LargeBinary),
        sa.Column("value_sha256", sa.LargeBinary, nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger, nullable=False),
        sa.Column("held_at", MOMENT, nullable=False, server_default=sa.text("transaction_timestamp()")),
        sa.Column("retry_at", MOMENT, nullable=False, server_default=soon),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name="pk_held_records"),
    )
    op.create_index("ix_held_records_topic_key_id", "held_records", ["topic", "key", "id"])
    due = sa.text("status = 'DEFERRED'")
    op.create_index("ix_held_records_due", "held_records", ["retry_at"], postgresql_where=due)
    op.create_table(
        "parked_keys",
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False, server_default=sa.text("transaction_timestamp()")),
        sa.PrimaryKeyConstraint("topic", "key", name="pk_parked_keys"),
    )


def _states() -> None:
    op.create_table(
        "consumer_state",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("stopped_at", MOMENT),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("name", name="pk_consumer_state"),
    )
    op.create_table(
        "delivery_epoch",
        sa.Column("single", sa.Boolean, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.CheckConstraint("single", name="ck_delivery_epoch_one_row"),
        sa.PrimaryKeyConstraint("single", name="pk_delivery_epoch"),
    )
    op.execute("INSERT INTO delivery_epoch (single, epoch) VALUES (true, 0)")
    op.create_table(
        "clock",
        sa.Column("single", sa.Boolean, nullable=False),
        sa.Column("offset", sa.Interval, nullable=False),
        sa.CheckConstraint("single", name="ck_clock_one_row"),
        sa.PrimaryKeyConstraint("single", name="pk_clock"),
    )
    op.execute("""INSERT INTO clock (single, "offset") VALUES (true, interval '0')""")
    op.create_table(
        "simulation",
        sa.Column("single", sa.Boolean, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("people", sa.Integer),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.CheckConstraint("single", name="ck_simulation_one_row"),
        sa.PrimaryKeyConstraint("single", name="pk_simulation"),
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("correlation_id", sa.Uuid),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("retry_at", MOMENT),
        sa.Column("failure", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_timers"),
        sa.UniqueConstraint("kind", "subject_id", name="uq_timers_kind"),
    )
    op.create_index("ix_timers_due_at", "timers", ["due_at"])


def _directory() -> None:
    op.create_table(
        "directory_employees",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("employee_number", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("employment_type", sa.Text, nullable=False),
        sa.Column("legal_status", sa.Text, nullable=False),
        sa.Column("unit_id", sa.Uuid, nullable=False),
        sa.Column("position_id", sa.Uuid, nullable=False),
        sa.Column("superior_id", sa.Uuid),
        sa.Column("heads_unit_ids", pg.JSONB, nullable=False),
        sa.Column("acting", pg.JSONB, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_employees"),
    )
    op.create_index("ix_directory_employees_unit_id", "directory_employees", ["unit_id"])
    op.create_index("ix_directory_employees_superior_id", "directory_employees", ["superior_id"])
    op.create_table(
        "directory_units",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Uuid),
        sa.Column("unit_type", sa.Text),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_units"),
    )
    op.create_table(
        "directory_positions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("job_kind", sa.Text, nullable=False),
        sa.Column("position_class", sa.Text, nullable=False),
        sa.Column("standard_levels", pg.JSONB, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_positions"),
    )
    op.create_table(
        "directory_removals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_directory_removals"),
    )


def _requests() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("body_sha256", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.text("transaction_timestamp()")),
        sa.PrimaryKeyConstraint("actor_id", "route", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("on_behalf_of", sa.Uuid),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject_type", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("details", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_subject_id", "audit_entries", ["subject_id"])
    op.execute(
        """
        CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'audit entries are never changed or removed' USING ERRCODE = '42501'; END $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
