"""A command sent more than once under one key: one effect, one answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import idempotency
from shared.db import KERNEL, Database
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.small_app import add_person, browsing, build_app, create_notes, titles, token_of
from tests.locks import waits_for_a_lock
from tests.waiting import wait_until

KEY = {"Idempotency-Key": "kunci-0001"}


@pytest.fixture
async def app(make_database: MakeDatabase) -> FastAPI:
    database = await make_database(service="training", agency="medan", lineages=[KERNEL, IDENTITY])
    await create_notes(database)
    await add_person(database, "sari", Role.ANALYST)
    return build_app(database, database)


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(app, await token_of(app, "sari")) as client:
        yield client


async def write(client: httpx.AsyncClient, title: str, headers: Mapping[str, str] = KEY) -> httpx.Response:
    return await client.post("/notes", json={"title": title}, headers=headers)


async def kept(database: Database) -> int:
    async with database.transaction() as session:
        return int(await session.scalar(text("SELECT count(*) FROM idempotency_keys")) or 0)


async def test_second_sending_gets_the_first_answer_and_has_no_effect(
    client: httpx.AsyncClient, database: Database
) -> None:
    first = await write(client, "satu")
    second = await write(client, "satu")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert await titles(database) == ["satu"]


async def test_sendings_without_key_each_have_their_effect(client: httpx.AsyncClient, database: Database) -> None:
    await write(client, "satu", {})
    await write(client, "satu", {})

    assert (await titles(database), await kept(database)) == (["satu", "satu"], 0)


async def test_key_with_another_content_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    await write(client, "satu")

    body = await write(client, "dua")
    query = await client.post("/notes?draft=1", json={"title": "satu"}, headers=KEY)

    assert [(a.status_code, a.json()["code"]) for a in (body, query)] == [(422, "idempotency-key-reused")] * 2
    assert await titles(database) == ["satu"]


async def test_sendings_at_the_same_time_have_one_effect_and_one_answer(
    client: httpx.AsyncClient, database: Database
) -> None:
    answers = await asyncio.gather(*(write(client, "satu") for _ in range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    assert await titles(database) == ["satu"]


class Done(BaseModel):
    by: str


@pytest.mark.parametrize("first_fails", [False, True])
async def test_second_sending_waits_for_the_first_and_works_only_when_it_failed(
    database: Database, first_fails: bool
) -> None:
    sent = idempotency.sending(uuid4(), "POST /notes", "kunci-0001", b"{}")
    may_end = asyncio.Event()

    async def slow(session: AsyncSession) -> Done:
        await may_end.wait()
        if first_fails:
            raise RuntimeError("planted")
        return Done(by="first")

    async def quick(session: AsyncSession) -> Done:
        return Done(by="second")

    async def first() -> idempotency.Answer:
        async with database.transaction() as session:
            return await idempotency.once(session, sent, slow, 201)

    async def second() -> idempotency.Answer:
        async with database.transaction() as session:
            return await idempotency.once(session, sent, quick, 201)

    running = asyncio.create_task(first())
    await wait_until(lambda: claims(database))
    follower = asyncio.create_task(second())
    await wait_until(lambda: waits_for_a_lock(database))
    assert not follower.done()
    may_end.set()
    outcomes = await asyncio.gather(running, follower, return_exceptions=True)

    if first_fails:
        assert isinstance(outcomes[0], RuntimeError)
        assert outcomes[1] == idempotency.Answer(status=201, body=b'{"by":"second"}')
    else:
        assert outcomes[0] == idempotency.Answer(status=201, body=b'{"by":"first"}')
        assert outcomes[1] == idempotency.Answer(status=201, body=b'{"by":"first"}', replayed=True)


async def claims(database: Database) -> bool:
    # A claim is not visible to others before its end; the lock of the transaction that made it is.
    async with database.transaction() as session:
        locks = (
            "SELECT count(*) FROM pg_locks WHERE relation = 'idempotency_keys'::regclass AND mode = 'RowExclusiveLock'"
        )
        return bool(await session.scalar(text(locks)))


@pytest.mark.parametrize(("title", "status"), [("bentrok", 409), ("rusak", 500), ("x" * 99, 422)])
async def test_failed_command_keeps_nothing(
    client: httpx.AsyncClient, database: Database, title: str, status: int
) -> None:
    assert (await write(client, title)).status_code == status

    assert (await titles(database), await kept(database)) == ([], 0)
    assert (await write(client, "satu")).status_code == 201


async def test_key_belongs_to_one_actor_and_one_address(
    app: FastAPI, client: httpx.AsyncClient, database: Database
) -> None:
    await add_person(database, "tono", Role.ANALYST)
    await write(client, "satu")

    async with browsing(app, await token_of(app, "tono")) as other:
        answer = await write(other, "satu")

    assert ("idempotency-replayed" in answer.headers, await titles(database)) == (False, ["satu", "satu"])
    async with database.transaction() as session:
        assert set(await session.scalars(text("SELECT route FROM idempotency_keys"))) == {"POST /notes"}


async def test_answer_is_not_replayed_to_whoever_lost_the_role(client: httpx.AsyncClient, database: Database) -> None:
    await write(client, "satu")
    async with database.transaction() as session:
        await session.execute(text("UPDATE accounts SET roles = ARRAY['pegawai']"))

    assert (await write(client, "satu")).status_code == 403


@pytest.mark.parametrize("key", ["pendek", "x" * 129, "dengan spasi", "kunci-\u00e9\u00e9\u00e9"])
async def test_malformed_key_is_refused(client: httpx.AsyncClient, database: Database, key: str) -> None:
    answer = await client.post("/notes", json={"title": "satu"}, headers={b"Idempotency-Key": key.encode("latin-1")})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-malformed")
    assert await titles(database) == []


async def test_old_answers_are_forgotten_and_fresh_ones_kept(client: httpx.AsyncClient, database: Database) -> None:
    await write(client, "lama", {"Idempotency-Key": "kunci-lama"})
    async with database.transaction() as session:
        await session.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '49 hours'"))
    await write(client, "baru", {"Idempotency-Key": "kunci-baru"})

    async with database.transaction() as session:
        await idempotency.forget_old(session)
        left = list(await session.scalars(text("SELECT key FROM idempotency_keys")))

    assert left == ["kunci-baru"]
    assert timedelta(hours=24) <= idempotency.KEEP
