"""What an installation weighs: rows and bytes of its databases, bytes of topics, memory of processes, series."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.events.catalogue import TOPICS

TABLES = """
SELECT relname AS name, pg_table_size(oid) AS bytes, pg_indexes_size(oid) AS index_bytes
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC
"""
INDEXES = """
SELECT indexrelname AS name, relname AS table, pg_relation_size(indexrelid) AS bytes
FROM pg_stat_user_indexes ORDER BY 3 DESC LIMIT 5
"""
BY_MONTH = """
SELECT left(headers ->> 'ce_time', 7) AS month, count(*) AS events, sum(pg_column_size(outbox)) AS bytes
FROM outbox GROUP BY 1 ORDER BY 1
"""
KILOBYTE = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table, its bytes without and those of its indexes."""

    name: str
    rows: int
    bytes: int
    index_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One database: its bytes on the disk, its tables and largest indexes, and what was emitted month by month."""

    bytes: int
    tables: Mapping[str, Table]
    indexes: Mapping[str, int]
    months: Mapping[str, tuple[int, int]]


async def weigh(dsn: str) -> Weight:
    """A database after its dead rows are cleared away, as a database that is served for long has it."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("VACUUM ANALYZE")
        tables = [
            Table(**row, rows=await connection.fetchval(f'SELECT count(*) FROM "{row["name"]}"'))
            for row in await connection.fetch(TABLES)
        ]
        indexes = await connection.fetch(INDEXES)
        has_outbox = any(table.name == "outbox" for table in tables)
        months = await connection.fetch(BY_MONTH) if has_outbox else []
        size: int = await connection.fetchval("SELECT pg_database_size(current_database())")
    finally:
        await connection.close()
    return Weight(
        bytes=size,
        tables={table.name: table for table in tables},
        indexes={f"{row['table']}.{row['name']}": row["bytes"] for row in indexes},
        months={row["month"]: (row["events"], row["bytes"]) for row in months},
    )


def bytes_of_topics(folder: Path, prefix: str) -> dict[str, int]:
    """What a broker keeps of each topic, in its folder: records alone, without the indexes it makes of them."""
    return {
        topic: sum(file.stat().st_size for file in folder.glob(f"data/{prefix}{topic}-[0-9]*/*.log"))
        for topic in TOPICS
    }


def resident(pid: int) -> int:
    """Bytes in memory that a process has, with what it shares with others."""
    return _of(Path(f"/proc/{pid}/status"), "VmRSS")


def share(pids: Iterable[int]) -> int:
    """Bytes in memory that processes have together: what several share counts once."""
    return sum(_of(Path(f"/proc/{pid}/smaps_rollup"), "Pss") for pid in pids)


def _of(file: Path, name: str) -> int:
    try:
        found = re.search(rf"^{name}:\s+(\d+) kB", file.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * KILOBYTE if found else 0


def series(exposition: str) -> int:
    """How many series a page of /metrics tells."""
    return sum(not line.startswith("#") for line in exposition.splitlines())
