"""What is in a database, as figures by which two can be compared: of each table its rows, and a sum over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

SETTINGS = {"timezone": "UTC", "datestyle": "ISO", "intervalstyle": "postgres", "bytea_output": "hex"}
"""How values are spelt, whatever the server's or the account's own settings are."""
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1"
# The order of rows does not count, so nothing is sorted or held in memory.
FIGURES = """
SELECT count(*), coalesce(sum(('x' || left(digest, 16))::bit(64)::bigint::numeric), 0)
    || ':' || coalesce(sum(('x' || right(digest, 16))::bit(64)::bigint::numeric), 0)
FROM (SELECT md5(t::text) AS digest FROM {} AS t) AS rows
"""


@dataclass(frozen=True, slots=True)
class TableState:
    """How many rows a table has, and a sum that differs where a value of any row does."""

    rows: int
    sum: str


async def connect(dsn: str) -> asyncpg.Connection:
    """A connection that spells values the same on every server; long reads and writes may take their time."""
    return await asyncpg.connect(dsn, timeout=10, server_settings=SETTINGS)


async def tables(connection: asyncpg.Connection) -> list[str]:
    """The names of all tables, quoted where needed."""
    return [f'"{row["relname"]}"' for row in await connection.fetch(TABLES)]


async def state_of(connection: asyncpg.Connection) -> Mapping[str, TableState]:
    """The state of every table; of one moment where the caller is in a transaction that reads repeatably."""
    found = {}
    for name in await tables(connection):
        rows, total = await connection.fetchrow(FIGURES.format(name))
        found[name.strip('"')] = TableState(rows, total)
    return found
