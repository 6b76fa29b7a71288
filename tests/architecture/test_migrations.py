"""No migration keeps readers or writers of tables in use waiting for longer than a moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.migrations import locking_forms

LATER = 'down_revision = "0001"\n'
REFUSED = {
    "index": 'op.create_index("ix", "inbox", ["received_at"])',
    "type": 'op.alter_column("inbox", "event_id", type_=sa.Text)',
    "not null": 'op.alter_column("inbox", "event_id", nullable=False)',
    "required column without a value": 'op.add_column("inbox", sa.Column("x", sa.Text, nullable=False))',
    "column with a reckoned value": 'op.add_column("inbox", sa.Column("x", sa.Uuid, server_default=sa.text("f()")))',
    "column that points at rows": 'op.add_column("inbox", sa.Column("x", sa.Uuid, sa.ForeignKey("y.id")))',
    "check": 'op.create_check_constraint("ck", "inbox", "true")',
    "foreign key": 'op.create_foreign_key("fk", "inbox", "other", ["x"], ["id"])',
    "unique": 'op.create_unique_constraint("uq", "inbox", ["x"])',
    "statement": 'op.execute("UPDATE inbox SET x = 1")',
    "trigger": 'op.execute("CREATE TRIGGER t BEFORE UPDATE ON inbox FOR EACH ROW EXECUTE FUNCTION f()")',
}
ALLOWED = [
    'op.add_column("inbox", sa.Column("x", sa.Text))',
    'op.add_column("inbox", sa.Column("x", sa.BigInteger, nullable=False, server_default="0"))',
    'op.create_table("new", sa.Column("x", sa.Text))\nop.create_index("ix", "new", ["x"])',
    'build_index("ix", "inbox", ["received_at"])',
    'op.execute("REVOKE UPDATE ON inbox FROM CURRENT_USER")',
    'op.create_table("new")\nop.execute("CREATE TRIGGER t BEFORE UPDATE ON new FOR EACH ROW EXECUTE FUNCTION f()")',
]


@pytest.mark.parametrize("what", REFUSED)
def test_form_that_locks_is_found(what: str) -> None:
    assert len(list(locking_forms(LATER + REFUSED[what]))) == 1


@pytest.mark.parametrize("source", ALLOWED)
def test_form_that_is_done_at_once_is_not(source: str) -> None:
    assert list(locking_forms(LATER + source)) == []


def test_first_migration_may_do_all_since_nobody_has_its_tables() -> None:
    assert list(locking_forms("down_revision = None\n" + REFUSED["index"])) == []


def test_no_migration_locks(project_files: list[Path]) -> None:
    migrations = [path for path in project_files if path.parts[-3:-1] == ("migrations", "versions")]

    found = {path.name: list(locking_forms(path.read_text(encoding="utf-8"))) for path in migrations}

    assert len(found) > 3
    assert [name for name, forms in found.items() if forms] == []
