"""Accounts and tokens from the operator's command line."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import click
import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI
from sqlalchemy import select

from shared.audit import AuditEntry
from shared.db import KERNEL, Database, Origin
from shared.identity.cli import accounts, tokens
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.small_app import PASSWORD, build_app, create_notes, sign_in_status, status_of


@pytest.fixture
async def app(make_database: MakeDatabase) -> FastAPI:
    database = await make_database(service="training", agency="medan", lineages=[KERNEL, IDENTITY])
    await create_notes(database)
    return build_app(database, database)


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


class Operator:
    """The object operator commands get."""

    def __init__(self, url: str) -> None:
        self.url = url

    @asynccontextmanager
    async def identity(self) -> AsyncIterator[Database]:
        database = Database(self.url, Origin(agency="medan", service="identity"))
        try:
            yield database
        finally:
            await database.close()


async def operate(group: click.Group, database: Database, words: Sequence[str], typed: str = "") -> Result:
    runner = CliRunner()
    return await asyncio.to_thread(runner.invoke, group, words, input=typed, obj=Operator(database.url))


async def test_operator_keeps_accounts(app: FastAPI, database: Database) -> None:
    employee = UUID("019aa2f0-0000-7000-8000-000000000001")
    added = await operate(
        accounts, database, ["add", "sari", "--role", "analis", "--employee-id", str(employee)], f"{PASSWORD}\n"
    )
    assert (added.exit_code, PASSWORD in added.output) == (0, False)
    assert await sign_in_status(app, "sari", PASSWORD) == 201

    changed = await operate(accounts, database, ["password", "sari"], "teh-melati-di-sore-hari\n")
    assert (changed.exit_code, await sign_in_status(app, "sari", "teh-melati-di-sore-hari")) == (0, 201)

    disabled = await operate(accounts, database, ["disable", "sari"])
    assert (disabled.exit_code, await sign_in_status(app, "sari", "teh-melati-di-sore-hari")) == (0, 401)

    listed = await operate(accounts, database, ["list"])
    assert listed.output.startswith("sari\tanalis\tnonaktif sejak ")
    assert str(employee) in listed.output


async def test_operator_is_told_what_was_refused(database: Database) -> None:
    weak = await operate(accounts, database, ["add", "sari", "--role", "analis"], "pendek\n")
    unknown = await operate(accounts, database, ["disable", "hantu"])
    role = await operate(accounts, database, ["add", "sari", "--role", "raja"], f"{PASSWORD}\n")

    assert (weak.exit_code, "12–128 karakter" in weak.output) == (1, True)
    assert (unknown.exit_code, "Akun hantu tidak ada." in unknown.output) == (1, True)
    assert role.exit_code == 2


async def test_operator_keeps_tokens_and_sees_each_once(app: FastAPI, database: Database) -> None:
    issued = await operate(tokens, database, ["issue", "penghubung", "--role", "penyelenggara", "--days", "7"])
    token = issued.stdout.strip()
    assert (issued.exit_code, token[:4], await status_of(app, token)) == (0, "bkm_", 201)

    listed = await operate(tokens, database, ["list"])
    revoked = await operate(tokens, database, ["revoke", "penghubung"])

    assert listed.output.startswith("penghubung\tpenyelenggara\tsampai ")
    assert token not in listed.output
    assert (revoked.exit_code, await status_of(app, token)) == (0, 401)
    assert (await operate(tokens, database, ["revoke", "penghubung"])).exit_code == 1


async def test_what_operators_do_is_written_down_without_names_or_secrets(database: Database) -> None:
    await operate(accounts, database, ["add", "sari", "--role", "analis", "--role", "auditor"], f"{PASSWORD}\n")
    await operate(accounts, database, ["password", "sari"], "teh-melati-di-sore-hari\n")
    await operate(accounts, database, ["disable", "sari"])
    await operate(tokens, database, ["issue", "penghubung", "--role", "penyelenggara", "--days", "7"])
    await operate(tokens, database, ["revoke", "penghubung"])
    await operate(tokens, database, ["revoke", "penghubung"])

    async with database.session() as session:
        entries = list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
    assert [(entry.action, entry.details) for entry in entries] == [
        ("account_added", {"roles": ["analis", "auditor"]}),
        ("password_changed", {}),
        ("account_disabled", {}),
        ("token_issued", {"roles": ["penyelenggara"], "days": 7}),
        ("token_revoked", {}),
    ]
    account, token = {entry.subject_id for entry in entries[:3]}, {entry.subject_id for entry in entries[3:]}
    assert (len(account), len(token), None in account | token) == (1, 1, False)
