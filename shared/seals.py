"""Seals over the audit log: each holds the hash of its entries and of the one before, so that every change shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Database, KernelBase

LOCK = 7_220_002
MOST_ENTRIES = 20_000
SETTLES = timedelta(hours=1)
"""Longer than any transaction: what is not sealed by then will not be."""
SEALS_AT_ONCE = 10
"""Seals that are looked at with one statement."""

ENTRY_DIGEST = (
    "sha256(convert_to(jsonb_build_array(e.id, extract(epoch FROM e.at), e.actor_id, e.on_behalf_of, e.action,"
    " e.subject_type, e.subject_id, e.details)::text, 'UTF8'))"
)
SEAL_DIGEST = (
    "sha256(convert_to(jsonb_build_array(s.number, extract(epoch FROM s.at), encode(s.previous, 'hex'),"
    " s.last_entry, to_jsonb(s.entry_ids), encode(s.entry_digests, 'hex'))::text, 'UTF8'))"
)
TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
# Seals of the last hour say one by one what they hold; before them nothing can come any more.
SEAL = text(
    "WITH settled AS (SELECT number, last_entry FROM audit_seals"  # noqa: S608 constants
    " WHERE at < clock_timestamp() - CAST(:settles AS interval)"
    " UNION ALL SELECT 0, 0 ORDER BY number DESC LIMIT 1),"
    " held AS (SELECT unnest(entry_ids) AS id FROM audit_seals WHERE number > (SELECT number FROM settled)),"
    " taken AS (SELECT e.id FROM audit_entries e WHERE e.id > (SELECT last_entry FROM settled)"
    " AND NOT EXISTS (SELECT FROM held WHERE held.id = e.id) ORDER BY e.id LIMIT :most),"
    " newest AS (SELECT number, last_entry, digest FROM audit_seals"
    " UNION ALL SELECT 0, 0, '' ORDER BY number DESC LIMIT 1),"
    " s AS (SELECT n.number + 1 AS number, clock_timestamp() AS at, greatest(n.last_entry, max(e.id)) AS last_entry,"
    " n.digest AS previous, array_agg(e.id ORDER BY e.id) AS entry_ids,"
    f" string_agg({ENTRY_DIGEST}, '' ORDER BY e.id) AS entry_digests"
    " FROM newest n, audit_entries e WHERE e.id IN (SELECT id FROM taken) GROUP BY n.number, n.last_entry, n.digest)"
    " INSERT INTO audit_seals (number, at, last_entry, previous, entry_ids, entry_digests, digest)"
    f" SELECT number, at, last_entry, previous, entry_ids, entry_digests, {SEAL_DIGEST} FROM s"
    " RETURNING number, encode(digest, 'hex') AS digest, cardinality(entry_ids) AS entries"
)
CHECK = text(
    "SELECT s.number, encode(s.digest, 'hex') AS digest, cardinality(s.entry_ids) AS entries,"  # noqa: S608 constants
    " s.number = 1 + lag(s.number, 1, CAST(:number AS bigint)) OVER chain"
    " AND s.previous = lag(s.digest, 1, decode(:digest, 'hex')) OVER chain AS follows,"
    f" s.digest = {SEAL_DIGEST} AS is_whole,"
    " (SELECT min(sealed.id) FROM unnest(s.entry_ids) WITH ORDINALITY AS sealed(id, place)"
    "  LEFT JOIN audit_entries e ON e.id = sealed.id WHERE e.id IS NULL"
    f" OR {ENTRY_DIGEST} <> substr(s.entry_digests, CAST(32 * (sealed.place - 1) + 1 AS int), 32)) AS entry"
    " FROM audit_seals s WHERE s.number > :number WINDOW chain AS (ORDER BY s.number) ORDER BY s.number LIMIT :most"
)
UNSEALED = text(
    "SELECT count(*) AS entries, min(id) FILTER (WHERE id <= (SELECT max(last_entry) FROM audit_seals"
    " WHERE at < clock_timestamp() - CAST(:settles AS interval))) AS forgotten"
    " FROM (SELECT id FROM audit_entries EXCEPT SELECT unnest(entry_ids) FROM audit_seals) AS unsealed"
)


class AuditSeal(KernelBase):
    """Entries that stand fast: their ids, the hash of each (32 bytes one behind the other), and the hash of it all.

    last_entry is the highest id of this and all earlier seals; previous is the hash of the seal before.
    """

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    last_entry: Mapped[int] = mapped_column(BigInteger)
    previous: Mapped[bytes]
    entry_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    entry_digests: Mapped[bytes]
    digest: Mapped[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One seal as it is told to others: its number, its hash in hexadecimal, and how many entries it holds."""

    number: int
    digest: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at, and the first thing that does not fit, in words: None where all of it does.

    last is the last seal that fits, unsealed counts the entries that came after all seals.
    """

    last: Sealed | None
    entries: int
    unsealed: int
    wrong: str | None


async def seal_entries(database: Database) -> list[Sealed]:
    """Seal every entry that has no seal; returns the new seals. Does nothing while somebody else seals.

    A transaction may commit after one that began later, so an entry is not known to be sealed by its place.
    """
    made: list[Sealed] = []
    while True:
        async with database.transaction() as session:
            if not await session.scalar(TRY_LOCK, {"lock": LOCK}):
                return made
            given = {"settles": SETTLES, "most": MOST_ENTRIES}
            row = (await session.execute(SEAL, given)).mappings().one_or_none()
        if row is None:
            return made
        made.append(Sealed(**row))


async def verify(session: AsyncSession, noted: tuple[int, str] | None = None, settles: timedelta = SETTLES) -> Verified:
    """Look at every seal and every entry, in their order, up to the first that does not fit.

    noted is number and hash of a seal that somebody wrote down elsewhere: only so is a removed end found.
    """
    last, entries, wrong = None, 0, None
    async for seal, wrong in _checked(session, noted):
        if wrong is not None:
            break
        last, entries = seal, entries + seal.entries
    unsealed = (await session.execute(UNSEALED, {"settles": settles})).one()
    if wrong is None and noted is not None and (last is None or last.number < noted[0]):
        wrong = f"segel {noted[0]} tidak ada"
    elif wrong is None and unsealed.forgotten is not None:
        wrong = f"catatan {unsealed.forgotten} tidak bersegel"
    elif wrong is None and last is None and unsealed.entries:
        wrong = "belum ada segel"
    return Verified(last=last, entries=entries, unsealed=unsealed.entries, wrong=wrong)


async def _checked(session: AsyncSession, noted: tuple[int, str] | None) -> AsyncIterator[tuple[Sealed, str | None]]:
    """Every seal with what is wrong with it."""
    number, digest = 0, ""
    while rows := (await session.execute(CHECK, {"number": number, "digest": digest, "most": SEALS_AT_ONCE})).all():
        for row in rows:
            number, digest = row.number, row.digest
            yield Sealed(number=number, digest=digest, entries=row.entries), _wrong(row, noted)


def _wrong(row: Row[Any], noted: tuple[int, str] | None) -> str | None:
    if row.entry is not None:
        return f"catatan {row.entry} diubah atau hilang (segel {row.number})"
    if not row.follows:
        return f"segel {row.number} tidak menyambung ke segel sebelumnya"
    if not row.is_whole:
        return f"segel {row.number} diubah"
    if noted is not None and noted[0] == row.number and noted[1] != row.digest:
        return f"segel {row.number} bukan yang dicatat"
    return None
