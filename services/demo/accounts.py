"""Accounts with which people look at what the demo made: told in the terminal where it runs."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text

from shared.db import Database
from shared.identity.demo_accounts import cast_from, ensure_demo_accounts, told
from shared.operate.installation import Installation

# Whoever guides most, since there is most to be seen.
MENTOR = text(
    "SELECT m.id FROM mentors m LEFT JOIN pairs p ON p.mentor_id = m.id"
    " GROUP BY m.id ORDER BY count(p.id) DESC, m.id LIMIT 1"
)


async def account_lines(installation: Installation, databases: Mapping[str, Database]) -> list[str]:
    """What to tell of the accounts; nothing where each service keeps its own, as then operators make them."""
    if installation.settings.transport != "embedded":
        return []
    async with databases["mentoring"].session() as session:
        mentor_id = await session.scalar(MENTOR)
    async with databases["needs"].session() as session:
        cast = await cast_from(session, mentor_id)
    async with installation.identity() as identity:
        return told(await ensure_demo_accounts(identity, cast, simulation=installation.settings.simulation))
