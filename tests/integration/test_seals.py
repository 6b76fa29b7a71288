"""Seals over the audit log: whatever is changed, removed or slipped in afterwards is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError

from shared import audit
from shared.db import KERNEL, Database, Origin, migrate
from shared.identity.actor import Actor, Role
from shared.ids import new_id
from shared.seals import AuditSeal, Verified, seal_entries, verify
from tests.conftest import MakeDatabase
from tests.servers.postgres import NamedPostgres

OFFICER = Actor(id=uuid4(), kind="ACCOUNT", roles=frozenset({Role.ANALYST}))
AS_SUPERUSER = "SET LOCAL session_replication_role = replica"
"""Puts triggers out of action, which only a superuser may."""
SLIPPED_IN = (
    "INSERT INTO audit_entries OVERRIDING SYSTEM VALUE SELECT 0, at, actor_id, on_behalf_of, action, subject_type,"
    " subject_id, details FROM audit_entries WHERE id = 1"
)


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    return await make_database(service="training", agency="medan", lineages=[KERNEL])


async def act(database: Database, *actions: str) -> None:
    for action in actions:
        async with database.transaction() as session:
            audit.record(session, OFFICER, action, "class", new_id(), {"seats": 2, "note": 'kata "lain" | garis'})


async def tamper(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        await session.execute(text(AS_SUPERUSER))
        await session.execute(text(statement))


async def verified(database: Database, noted: tuple[int, str] | None = None) -> Verified:
    """What verifying says a good while after the last seal."""
    async with database.session() as session:
        return await verify(session, noted, settles=timedelta())


async def sealed_twice(database: Database) -> None:
    """Entries 1 and 2 under the first seal, 3 and 4 under the second, 5 under the third."""
    await act(database, "one", "two")
    await seal_entries(database)
    await act(database, "three", "four")
    await seal_entries(database)
    await act(database, "five")
    await seal_entries(database)


async def test_every_entry_is_sealed_once(database: Database) -> None:
    await sealed_twice(database)
    await act(database, "six")

    assert await seal_entries(database) != []
    assert await seal_entries(database) == []

    async with database.session() as session:
        seals = (await session.scalars(select(AuditSeal).order_by(AuditSeal.number))).all()
    found = await verified(database)
    assert [seal.entry_ids for seal in seals] == [[1, 2], [3, 4], [5], [6]]
    assert (found.wrong, found.entries, found.unsealed) == (None, 6, 0)


async def test_seals_are_what_a_second_reckoning_makes_of_the_entries(database: Database) -> None:
    await sealed_twice(database)

    async with database.session() as session:
        entries = {entry.id: entry for entry in await session.scalars(select(audit.AuditEntry))}
        seals = (await session.scalars(select(AuditSeal).order_by(AuditSeal.number))).all()

    previous = b""
    for seal in seals:
        digests = b"".join(digest_of(entries[entry_id]) for entry_id in seal.entry_ids)
        assert (seal.previous, seal.entry_digests) == (previous, digests)
        content = [
            seal.number,
            Exact(seal.at.timestamp()),
            previous.hex(),
            seal.last_entry,
            seal.entry_ids,
            digests.hex(),
        ]
        assert seal.digest == hashlib.sha256(spelt(content)).digest()
        previous = seal.digest


class Exact(float):
    """Seconds with their millionths."""

    def __repr__(self) -> str:
        return f"{float(self):.6f}"


def digest_of(entry: audit.AuditEntry) -> bytes:
    content = [
        entry.id,
        Exact(entry.at.timestamp()),
        str(entry.actor_id),
        entry.on_behalf_of,
        entry.action,
        entry.subject_type,
        str(entry.subject_id),
        dict(sorted(entry.details.items(), key=lambda item: (len(item[0]), item[0]))),
    ]
    return hashlib.sha256(spelt(content)).digest()


def spelt(content: Sequence[object]) -> bytes:
    """JSON as PostgreSQL spells it."""
    parts = [repr(each) if isinstance(each, Exact) else json.dumps(each, ensure_ascii=False) for each in content]
    return f"[{', '.join(parts)}]".encode()


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("UPDATE audit_entries SET action = 'nothing' WHERE id = 3", "catatan 3 diubah atau hilang (segel 2)"),
        ("UPDATE audit_entries SET at = at + interval '1 ms' WHERE id = 4", "catatan 4 diubah atau hilang (segel 2)"),
        ("UPDATE audit_entries SET details = '{}' WHERE id > 1", "catatan 2 diubah atau hilang (segel 1)"),
        ("DELETE FROM audit_entries WHERE id = 5", "catatan 5 diubah atau hilang (segel 3)"),
        ("UPDATE audit_seals SET entry_ids = '{3}' WHERE number = 2", "segel 2 diubah"),
        ("UPDATE audit_seals SET at = at - interval '1 day' WHERE number = 1", "segel 1 diubah"),
        ("DELETE FROM audit_seals WHERE number = 2", "segel 3 tidak menyambung ke segel sebelumnya"),
        ("DELETE FROM audit_seals WHERE number = 1", "segel 2 tidak menyambung ke segel sebelumnya"),
        ("DELETE FROM audit_seals WHERE number = 3", None),
        ("DELETE FROM audit_seals", "belum ada segel"),
        (
            SLIPPED_IN,
            "catatan 0 tidak bersegel",
        ),
    ],
)
async def test_first_that_does_not_fit_is_named(database: Database, statement: str, wrong: str | None) -> None:
    await sealed_twice(database)
    assert (await verified(database)).wrong is None

    await tamper(database, statement)

    assert (await verified(database)).wrong == wrong


async def test_removed_end_is_found_by_a_seal_noted_elsewhere(database: Database) -> None:
    await sealed_twice(database)
    last = (await verified(database)).last
    assert last is not None
    noted = (last.number, last.digest)
    assert (await verified(database, noted)).wrong is None

    await tamper(database, "DELETE FROM audit_seals WHERE number = 3")
    await tamper(database, "DELETE FROM audit_entries WHERE id = 5")
    shortened = await verified(database, noted)
    await act(database, "another five")
    await seal_entries(database)
    replaced = await verified(database, noted)

    assert (await verified(database)).wrong is None
    assert shortened.wrong == "segel 3 tidak ada"
    assert replaced.wrong == "segel 3 bukan yang dicatat"


async def test_entry_that_commits_behind_a_younger_one_is_sealed_with_the_next(database: Database) -> None:
    async with database.transaction() as slow:
        audit.record(slow, OFFICER, "slow", "class")
        await slow.flush()
        await act(database, "quick")
        await seal_entries(database)

    await seal_entries(database)

    async with database.session() as session:
        seals = (await session.scalars(select(AuditSeal.entry_ids).order_by(AuditSeal.number))).all()
        found = await verify(session)
    assert seals == [[2], [1]]
    assert (found.wrong, found.entries, found.unsealed) == (None, 2, 0)


@pytest.mark.parametrize("statement", ["UPDATE audit_seals SET number = 9", "DELETE FROM audit_seals"])
async def test_database_refuses_to_change_or_remove_seals(database: Database, statement: str) -> None:
    await sealed_twice(database)

    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(text(statement))

    assert (await verified(database)).wrong is None


async def test_no_account_has_the_right_to_change_what_was_noted(postgres_server: NamedPostgres) -> None:
    url = postgres_server.create_database()
    name, owner, worker = make_url(url).database, f"pemilik_{new_id().hex}", f"layanan_{new_id().hex}"
    for role in (owner, worker):
        postgres_server._execute(f"CREATE ROLE {role} LOGIN PASSWORD 'rahasia'")
    assert name is not None
    postgres_server._execute(f"ALTER DATABASE {name} OWNER TO {owner}")
    postgres_server._execute_in(
        name,
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {worker};"
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, USAGE ON SEQUENCES TO {worker}",
    )
    owning, working = (as_account(url, role) for role in (owner, worker))
    try:
        await migrate(owning, [KERNEL])
        await sealed_twice(working)
        rights = [await rights_of(each) for each in (owning, working)]
    finally:
        await owning.close()
        await working.close()
        postgres_server.drop_database(url)
        for role in (owner, worker):
            postgres_server._execute(f"DROP ROLE {role}")

    assert rights == [["SELECT", "INSERT"]] * 2


def as_account(url: str, role: str) -> Database:
    own = make_url(url).set(username=role, password="rahasia").render_as_string(hide_password=False)
    return Database(own, Origin(agency="medan", service="training"))


async def rights_of(database: Database) -> list[str]:
    """Which rights the account has to any table of the audit log."""
    tables = ["audit_entries", "audit_seals"]
    asked = text("SELECT bool_or(has_table_privilege(n, :right)) FROM unnest(CAST(:names AS text[])) AS n")
    async with database.session() as session:
        return [
            right
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
            if await session.scalar(asked, {"right": right, "names": tables})
        ]
