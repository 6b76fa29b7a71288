"""How delivery's tables stay bounded: a few old rows at a time, and none that could still be asked for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from shared.db import Database
from shared.tables import STATES

BATCH = 2_000
MARGIN = timedelta(days=30)

FORGET_IDS = text(
    "WITH gone AS (DELETE FROM inbox WHERE event_id = ANY(ARRAY(SELECT event_id FROM inbox"
    " WHERE received_at < now() - CAST(:kept AS interval) ORDER BY received_at LIMIT :batch)) RETURNING 1)"
    " SELECT count(*) FROM gone"
)
# Goes through the oldest rows in their order: what is not confirmed stays, and so does the newest state of each key.
FORGET_EVENTS = text(
    "WITH oldest AS MATERIALIZED (SELECT seq, topic, key, created_at < now() - CAST(:kept AS interval) AS is_old,"  # noqa: S608 a constant
    " published_at FROM outbox WHERE seq > :after ORDER BY seq LIMIT :batch),"
    " gone AS (DELETE FROM outbox WHERE seq = ANY(ARRAY(SELECT seq FROM oldest AS o"
    f" WHERE is_old AND published_at IS NOT NULL AND (NOT {STATES} OR EXISTS (SELECT FROM outbox AS newer"
    f" WHERE newer.{STATES} AND newer.topic = o.topic AND newer.key = o.key AND newer.seq > o.seq)))))"
    " SELECT CASE WHEN count(*) = :batch AND bool_and(is_old) THEN max(seq) END FROM oldest"
)


async def forget_old(database: Database, kept: timedelta, *, batch: int = BATCH) -> None:
    """Remove events that are older than the topics' own, and the ids of those that cannot come again.

    An event may be sent again while it is kept here, and its topic then keeps it as long again: so ids are kept twice
    as long.
    """
    await _forget_ids(database, 2 * kept + MARGIN, batch)
    after: int | None = 0
    while after is not None:
        async with database.transaction() as session:
            parameters = {"kept": kept, "after": after, "batch": batch}
            after = await session.scalar(FORGET_EVENTS, parameters)


async def _forget_ids(database: Database, kept: timedelta, batch: int) -> None:
    found = batch
    while found == batch:
        async with database.transaction() as session:
            found = (await session.execute(FORGET_IDS, {"kept": kept, "batch": batch})).scalar_one()
