"""Changes of many rows in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase


async def update_rows(session: AsyncSession, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the named columns of the rows with these ids; all name the same columns. JSON columns are given as text."""
    if not rows:
        return
    columns = tuple(rows[0])
    target = table.__table__
    assert isinstance(target, Table)
    statement = text(_statement(target, columns))
    await session.execute(statement, {name: [row[name] for row in rows] for name in columns})


@cache
def _statement(table: Table, columns: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = {name: table.c[name].type.compile(dialect) for name in columns}
    sent = ", ".join(f"CAST(:{n} AS {'TEXT' if t.startswith('JSON') else t}[])" for n, t in types.items())
    changes = ", ".join(f"{n} = n.{n}::{t}" for n, t in types.items() if n != "id")
    names = ", ".join(columns)
    return (
        f"UPDATE {table.name} t SET {changes} FROM unnest({sent}) AS n({names})"  # noqa: S608 the table's own names
        " WHERE t.id = n.id"
    )
