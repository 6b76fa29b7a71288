"""Accounts, sign-ins, tokens and guards, through the routes of a small application."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import Connection, text

from shared.db import KERNEL, Database
from shared.errors import Conflict, Invalid
from shared.identity.accounts import add_account, change_password, disable_account, list_accounts
from shared.identity.actor import Role
from shared.identity.bearer import actor_behind
from shared.identity.sign_in import forget_old
from shared.identity.tables import IDENTITY, IdentityBase
from shared.identity.tokens import issue_token, revoke_token
from shared.web.guards import PUBLIC, guards, unguarded_routes
from tests.conftest import MakeDatabase
from tests.integration.small_app import (
    PASSWORD,
    add_person,
    browsing,
    build_app,
    create_notes,
    sign_in_status,
    status_of,
    titles,
    token_of,
)


@pytest.fixture
async def app(make_database: MakeDatabase) -> FastAPI:
    database = await make_database(service="training", agency="medan", lineages=[KERNEL, IDENTITY])
    await create_notes(database)
    return build_app(database, database)


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


async def age(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement))


async def test_route_lets_in_only_actors_with_one_of_its_roles(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    await add_person(database, "tono", Role.EMPLOYEE, Role.MENTOR)

    answers = [
        await status_of(app, token) for token in (await token_of(app, "sari"), await token_of(app, "tono"), None)
    ]

    assert answers == [201, 403, 401]
    assert await titles(database) == ["satu"]


async def test_unknown_or_malformed_credentials_are_refused_with_a_challenge(app: FastAPI) -> None:
    for authorization in (
        "Bearer bks_salah",
        "Bearer bkm_salah",
        "Basic c2FyaTpzYXJp",
        "Bearer",
        "Bearer " + "x" * 999,
    ):
        async with browsing(app) as client:
            answer = await client.get(f"/notes/{uuid4()}", headers={"Authorization": authorization})

        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), authorization


async def test_sign_in_answers_alike_for_wrong_name_wrong_password_and_disabled_account(
    app: FastAPI, database: Database
) -> None:
    await add_person(database, "sari", Role.ANALYST)
    await add_person(database, "lama", Role.ANALYST)
    async with database.transaction() as session:
        await disable_account(session, "lama")
    answers = []

    async with browsing(app) as client:
        for name, password in (("sari", "bukan-kata-sandinya"), ("hantu", PASSWORD), ("lama", PASSWORD)):
            answer = await client.post("/notes/sessions", json={"name": name, "password": password})
            answers.append((answer.status_code, {**answer.json(), "request_id": None}))

    assert answers[0][0] == 401
    assert answers[0] == answers[1] == answers[2]


async def test_sign_in_ignores_case_and_blanks_of_the_name(app: FastAPI, database: Database) -> None:
    await add_person(database, "  Sari.Dewi ", Role.ANALYST)

    assert await status_of(app, await token_of(app, "SARI.dewi ")) == 201


async def test_stored_rows_do_not_hold_passwords_or_tokens(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    token = await token_of(app, "sari")
    async with database.transaction() as session:
        machine = await issue_token(session, "penghubung", [Role.ANALYST], timedelta(days=1))

    async with database.transaction() as session:
        rows = [
            str((await session.execute(text(f"SELECT * FROM {table}"))).all())
            for table in ("accounts", "sign_ins", "machine_tokens")
        ]

    assert "$argon2id$" in rows[0]
    assert not [row for row in rows for secret in (PASSWORD, token, machine) if secret in row]


@pytest.mark.parametrize("name", ["sari", "hantu"])
async def test_failed_attempts_delay_the_next_whether_the_name_exists_or_not(
    app: FastAPI, database: Database, name: str
) -> None:
    await add_person(database, "sari", Role.ANALYST)

    answers = await asyncio.gather(*(sign_in_status(app, name, f"tebakan-nomor-{n}") for n in range(12)))

    assert sorted(answers) == [401] * 5 + [429] * 7
    async with database.transaction() as session:
        # The first delay lasts a second, which a busy machine may need for the next request.
        await session.execute(text("UPDATE failed_sign_ins SET wait_until = wait_until + interval '1 minute'"))
    assert await sign_in_status(app, name, PASSWORD) == 429


async def test_delay_grows_with_every_failure_up_to_a_quarter_of_an_hour(app: FastAPI, database: Database) -> None:
    waits = []
    for attempts in (5, 6, 10, 30, 5000):
        await age(database, f"UPDATE failed_sign_ins SET attempts = {attempts - 1}, wait_until = now()")
        await sign_in_status(app, "hantu", "tebakan-saja")
        async with database.transaction() as session:
            waits.append(await session.scalar(text("SELECT wait_until - last_at FROM failed_sign_ins")))

    assert [round(wait.total_seconds()) for wait in waits[1:]] == [2, 32, 900, 900]


async def test_sign_in_after_the_delay_forgets_the_failures(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    for number in range(6):
        await sign_in_status(app, "sari", f"tebakan-nomor-{number}")
    await age(database, "UPDATE failed_sign_ins SET wait_until = now()")

    assert await sign_in_status(app, "sari", PASSWORD) == 201
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM failed_sign_ins")) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sign_ins SET expires_at = now()",
        "UPDATE sign_ins SET last_used_at = now() - interval '61 minutes'",
        "UPDATE accounts SET disabled_at = now()",
        "DELETE FROM accounts",
    ],
)
async def test_sign_in_ends(app: FastAPI, database: Database, statement: str) -> None:
    await add_person(database, "sari", Role.ANALYST)
    token = await token_of(app, "sari")
    assert await status_of(app, token) == 201

    await age(database, statement)

    assert await status_of(app, token) == 401


async def test_use_keeps_a_sign_in_from_going_idle(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    token = await token_of(app, "sari")
    await age(database, "UPDATE sign_ins SET last_used_at = now() - interval '59 minutes'")

    await status_of(app, token)

    async with database.transaction() as session:
        assert await session.scalar(text("SELECT now() - last_used_at < interval '1 minute' FROM sign_ins"))


async def test_signing_out_ends_this_sign_in_only(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    here, elsewhere = await token_of(app, "sari"), await token_of(app, "sari")

    async with browsing(app, here) as client:
        left = await client.delete("/notes/sessions")

    assert (left.status_code, left.content) == (204, b"")
    assert (await status_of(app, here), await status_of(app, elsewhere)) == (401, 201)


async def test_new_password_ends_every_sign_in_of_the_account_alone(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    await add_person(database, "tono", Role.ANALYST)
    sari, tono = await token_of(app, "sari"), await token_of(app, "tono")

    async with database.transaction() as session:
        await change_password(session, "sari", "teh-melati-di-sore-hari")

    assert (await status_of(app, sari), await status_of(app, tono)) == (401, 201)
    assert await sign_in_status(app, "sari", PASSWORD) == 401
    assert await sign_in_status(app, "sari", "teh-melati-di-sore-hari") == 201


async def test_hash_with_weaker_parameters_is_renewed_at_sign_in(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    await age(database, f"UPDATE accounts SET password_hash = '{weak}'")

    assert await sign_in_status(app, "sari", PASSWORD) == 201

    async with database.transaction() as session:
        (account,) = await list_accounts(session)
    assert account.password_hash != weak
    assert await sign_in_status(app, "sari", PASSWORD) == 201


async def test_old_sign_ins_and_attempts_are_forgotten_and_current_ones_kept(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)
    await token_of(app, "sari")
    await age(database, "UPDATE sign_ins SET expires_at = now() - interval '1 second'")
    await sign_in_status(app, "hantu", "tebakan-saja")
    await age(database, "UPDATE failed_sign_ins SET last_at = now() - interval '25 hours'")
    token = await token_of(app, "sari")
    await sign_in_status(app, "tono", "tebakan-saja")

    async with database.transaction() as session:
        await forget_old(session)
        rest = (
            await session.execute(text("SELECT count(*), (SELECT count(*) FROM failed_sign_ins) FROM sign_ins"))
        ).one()

    assert tuple(rest) == (1, 1)
    assert await status_of(app, token) == 201


@pytest.mark.parametrize("password", ["pendek", "x" * 129, "aaaaaaaaaaaaaa", "ibu-sari-memasak"])
async def test_weak_password_is_refused(database: Database, password: str) -> None:
    async with database.transaction() as session:
        with pytest.raises(Invalid):
            await add_account(session, "sari", password, [Role.ANALYST])
        assert await list_accounts(session) == []


async def test_account_name_is_taken_once(database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST)

    with pytest.raises(Conflict):
        await add_person(database, "SARI", Role.OPERATOR)


async def test_machine_token_acts_with_its_roles_until_revoked_or_expired(app: FastAPI, database: Database) -> None:
    async with database.transaction() as session:
        revoked = await issue_token(session, "dicabut", [Role.ORGANISER], timedelta(days=1))
        expired = await issue_token(session, "lewat", [Role.ORGANISER], timedelta(days=1))
        other = await issue_token(session, "lain", [Role.AUDITOR], timedelta(days=1))
    assert [await status_of(app, token) for token in (revoked, expired, other)] == [201, 201, 403]

    async with database.transaction() as session:
        await revoke_token(session, "dicabut")
    await age(database, "UPDATE machine_tokens SET expires_at = now() WHERE name = 'lewat'")

    assert [await status_of(app, token) for token in (revoked, expired, other)] == [401, 401, 403]


async def test_machine_token_cannot_sign_out(app: FastAPI, database: Database) -> None:
    async with database.transaction() as session:
        token = await issue_token(session, "penghubung", [Role.ORGANISER], timedelta(days=1))

    async with browsing(app, token) as client:
        assert (await client.delete("/notes/sessions")).status_code == 409
    assert await status_of(app, token) == 201


async def test_actor_carries_account_roles_and_employee(database: Database) -> None:
    employee = uuid4()
    async with database.transaction() as session:
        account = await add_account(session, "sari", PASSWORD, [Role.MENTOR, Role.EMPLOYEE], employee)
        machine = await issue_token(session, "penghubung", [Role.AUDITOR], timedelta(days=1))
    token = await token_of(build_app(database, database), "sari")

    async with database.transaction() as session:
        await session.execute(text("UPDATE accounts SET roles = roles || ARRAY['raja']"))
        person, program = await actor_behind(session, token), await actor_behind(session, machine)

    assert person
    assert program
    assert (person.id, person.kind, person.roles, person.employee_id) == (
        account,
        "ACCOUNT",
        frozenset({Role.MENTOR, Role.EMPLOYEE}),
        employee,
    )
    assert (program.kind, program.roles, program.employee_id) == ("TOKEN", frozenset({Role.AUDITOR}), None)


async def test_reading_cannot_write(app: FastAPI, database: Database) -> None:
    await add_person(database, "sari", Role.ANALYST, Role.OPERATOR)
    token = await token_of(app, "sari")
    await status_of(app, token)

    async with browsing(app, token) as client:
        answer = await client.get("/notes")

    assert (answer.status_code, await titles(database)) == (500, ["satu"])


async def test_every_route_is_guarded_or_public(app: FastAPI) -> None:
    assert guards(app) == {
        "POST /notes": {Role.ANALYST, Role.ORGANISER},
        "GET /notes/{note_id}": frozenset(),
        "GET /notes": {Role.OPERATOR},
        "POST /notes/sessions": PUBLIC,
        "DELETE /notes/sessions": frozenset(),
        "GET /": PUBLIC,
        "GET /shell/language": PUBLIC,
        "MOUNT /static": PUBLIC,
    }
    assert unguarded_routes(app) == []


async def test_route_without_guard_is_found(app: FastAPI) -> None:
    @app.get("/notes/open")
    async def open_door() -> None: ...

    app.mount("/secret", FastAPI())

    assert unguarded_routes(app) == ["GET /notes/open", "MOUNT /secret"]


async def test_tables_equal_the_migration(make_database: MakeDatabase) -> None:
    alone = await make_database(service="identity", agency="medan", lineages=[IDENTITY])

    def differences(connection: Connection) -> list[object]:
        options = {"version_table": "identity_version", "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), IdentityBase.metadata))

    async with alone.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
