"""The database of one service: engine, transactions, set-based inserts and migrations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    AdaptedConnection,
    Connection,
    CursorResult,
    DateTime,
    MetaData,
    Table,
    Text,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.util import await_only

from shared.pool import pool_of

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
TYPES = {datetime: DateTime(timezone=True), str: Text()}
MIGRATION_LOCK = 7_220_001
TRY_LOCK = text("SELECT pg_try_advisory_lock(:lock)")
LOCK_TIMEOUT_MS = 2_000
LOCKS_SECONDS = 120.0
LONGEST_STEP_SECONDS = 86_400.0
PAUSE_SECONDS = 0.2
WIB = ZoneInfo("Asia/Jakarta")


class KernelBase(DeclarativeBase):
    """Tables that every service's database has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class DeliverySession(Session):
    """The session class whose commits carry the outbox (see shared.delivery.outbox)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who writes, stamped on every event as its source, and the zone of the dates that people there see."""

    agency: str
    service: str
    zone: tzinfo = WIB


def plain(url: str) -> str:
    """SQLAlchemy's address as the driver and PostgreSQL's own programs take it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Database:
    """Engine and sessions of one database; time-outs so that nobody waits for ever."""

    def __init__(
        self,
        url: str,
        origin: Origin,
        *,
        pool_size: int = 10,
        statement_timeout: float = 30.0,
        idle_timeout: float = 60.0,
    ) -> None:
        self.url = url
        self.origin = origin
        connect = partial(
            asyncpg.connect,
            plain(url),
            timeout=5,
            command_timeout=statement_timeout + 5,
            server_settings={
                "application_name": f"bangkom-{origin.service}",
                "statement_timeout": str(int(statement_timeout * 1000)),
                # A process that stands still in a transaction must not keep its rows from the others for ever.
                "idle_in_transaction_session_timeout": str(int(idle_timeout * 1000)),
                "timezone": "UTC",
                "jit": "off",
            },
        )
        self.engine = create_async_engine(
            url,
            async_creator=connect,
            poolclass=pool_of(origin.service),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            # A failure's message goes further than its statement: values of people stay out of it.
            hide_parameters=True,
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self._sessions = async_sessionmaker(
            self.engine, sync_session_class=DeliverySession, expire_on_commit=False, info={"origin": origin}
        )

    def session(self) -> AsyncSession:
        """A new session; the caller commits and closes it."""
        return self._sessions()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends well, rolled back otherwise."""
        async with self._sessions() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


def _refuse_closed(connection: AdaptedConnection, *_: object) -> None:
    # The driver knows when its server has gone; asking the server would cost each transaction three round trips.
    if connection.driver_connection.is_closed():
        raise DisconnectionError


@cache
def _unnest_insert(table: Table, columns: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = [table.c[name].type.compile(dialect) for name in columns]
    # A json array has no text form that drivers agree on: such columns travel as text and are cast one by one.
    arrays = [f"CAST(:{n} AS {'TEXT' if t.startswith('JSON') else t}[])" for n, t in zip(columns, types, strict=True)]
    # Quoted: a column may bear a name that is also a word of SQL.
    quoted = [f'"{name}"' for name in columns]
    picked = [f"{n}::{t}" if t.startswith("JSON") else n for n, t in zip(quoted, types, strict=True)]
    names = ", ".join(quoted)
    return (
        f"INSERT INTO {table.fullname} ({names}) "  # noqa: S608 names come from the table's own definition
        f"SELECT {', '.join(picked)} FROM unnest({', '.join(arrays)}) AS rows({names})"
    )


def copy_rows(
    session: Session, table: type[DeclarativeBase], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert many rows by COPY, at half the cost of any statement; callable in the session's hooks too."""
    connection = session.connection()
    driver = connection.connection.driver_connection
    assert driver is not None
    if not driver.is_in_transaction():
        # SQLAlchemy begins with the first statement that it sends itself: else these rows were there at once.
        connection.execute(text("SELECT 1"))
    try:
        await_only(driver.copy_records_to_table(table.__tablename__, columns=columns, records=rows))
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError("COPY", None, error, hide_parameters=True) from error
    except asyncpg.PostgresError as error:
        raise DBAPIError("COPY", None, error, hide_parameters=True) from error


async def insert_rows(
    session: AsyncSession, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]], suffix: str = ""
) -> int:
    """Insert many rows at once; all rows name the same columns. Returns how many were inserted or updated.

    suffix is a constant such as ``ON CONFLICT DO NOTHING``. JSON columns are given as text.
    """
    if not rows:
        return 0
    columns = tuple(rows[0])
    target = table.__table__
    assert isinstance(target, Table)
    if not suffix:
        await session.run_sync(copy_rows, table, columns, [[row[name] for name in columns] for row in rows])
        return len(rows)
    # A statement whose text does not grow with the rows.
    statement = text(f"{_unnest_insert(target, columns)} {suffix}")
    written = await session.execute(statement, {name: [row[name] for row in rows] for name in columns})
    assert isinstance(written, CursorResult)
    return written.rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """One line of migrations with a version table of its own."""

    name: str
    versions: Path

    def config(self) -> Config:
        """Alembic's configuration for this lineage; no file is read."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("version_locations", str(self.versions))
        config.set_main_option("path_separator", "newline")
        config.attributes["version_table"] = f"{self.name}_version"
        return config


KERNEL = Lineage(name="kernel", versions=Path(__file__).parent / "migrations" / "versions")


def _upgrade(connection: Connection, lineages: Sequence[Lineage]) -> None:
    connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
    connection.commit()
    for lineage in lineages:
        config = lineage.config()
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        # Looking for what is missing began a transaction: the next lineage would do its steps in it, and nobody commit.
        connection.commit()


async def migrate(database: Database, lineages: Sequence[Lineage]) -> None:
    """Bring the database to the newest version of every lineage, each step in a transaction of its own.

    A step that does not get a lock within two seconds gives up, so that others do not wait behind it for long, and is
    tried again for two minutes.
    """
    patient = Database(database.url, database.origin, pool_size=2, statement_timeout=LONGEST_STEP_SECONDS)
    try:
        async with patient.engine.connect() as guard:
            await _alone(await guard.execution_options(isolation_level="AUTOCOMMIT"))
            deadline = time.monotonic() + LOCKS_SECONDS
            while not await _upgraded(patient, lineages, last=time.monotonic() > deadline):  # noqa: ASYNC110 others hold it
                await asyncio.sleep(PAUSE_SECONDS)
    finally:
        await patient.close()


async def _alone(guard: AsyncConnection) -> None:
    """Two migrators started by mistake wait for each other; the lock goes with the connection.

    It is asked for again and again: who waited for it in a statement would be waited for by one who builds an index.
    """
    while not await guard.scalar(TRY_LOCK, {"lock": MIGRATION_LOCK}):  # noqa: ASYNC110 as said
        await asyncio.sleep(PAUSE_SECONDS)


async def _upgraded(patient: Database, lineages: Sequence[Lineage], *, last: bool) -> bool:
    try:
        async with patient.engine.connect() as connection:
            await connection.run_sync(_upgrade, lineages)
    except DBAPIError as error:
        if last or getattr(error.orig, "sqlstate", None) != asyncpg.LockNotAvailableError.sqlstate:
            raise
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Tables of another version than the program's: how the database names theirs, None before the first, and ours."""

    current: str | None
    ours: str | None
    is_newer: bool


def _differing(connection: Connection, lineages: Sequence[Lineage]) -> dict[str, Difference]:
    found: dict[str, Difference] = {}
    for lineage in lineages:
        config = lineage.config()
        context = MigrationContext.configure(connection, opts={"version_table": config.attributes["version_table"]})
        scripts, current = ScriptDirectory.from_config(config), context.get_current_revision()
        if current != (ours := scripts.get_current_head()):
            known = {None, *(script.revision for script in scripts.walk_revisions())}
            found[lineage.name] = Difference(current=current, ours=ours, is_newer=current not in known)
    return found


async def differing_lineages(database: Database, lineages: Sequence[Lineage]) -> dict[str, Difference]:
    """The lineages whose tables are older or newer than this program, by name."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_differing, lineages)
