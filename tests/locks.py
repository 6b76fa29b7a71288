"""Whether somebody waits: two who want the same rows are brought to meet, and not left to chance."""

from sqlalchemy import text

from shared.db import Database

WAITING = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


async def waits_for_a_lock(database: Database) -> bool:
    """Whether some transaction on this database waits for another."""
    async with database.session() as session:
        return bool(await session.scalar(WAITING))
