"""The way of a list of activities: the whole file is checked first, then one transaction enters it, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import commands, queries
from services.training.commands import Entry
from services.training.domain import ActivityOrigin
from services.training.imports import activities
from services.training.imports.activities import Checked, Line, Reference
from services.training.rules import LEARNING_HOURS
from services.training.tables import ActivityRow
from shared import audit, clock
from shared.db import Database
from shared.files.outcome import Changes, Outcome
from shared.files.workbook import read_table
from shared.identity.actor import Actor
from shared.ids import new_id


async def import_activities(database: Database, actor: Actor, content: bytes, *, accept_partial: bool) -> Outcome:
    """Take a file in; raises WorkbookRefused when it cannot be read at all."""
    async with database.transaction() as session:
        import_id = new_id()
        session.info["cause"] = f"command:{import_id}"
        checked = await _check(session, content)
        refused = len({error.row for error in checked.errors})
        applied = accept_partial or not checked.errors
        changes = await _enter(session, checked.lines) if applied else Changes()
        status: Literal["APPLIED", "REFUSED"] = "APPLIED" if applied else "REFUSED"
        details = {"status": status, "rows": checked.rows_read, "refused": refused, **asdict(changes)}
        digest = hashlib.sha256(content).hexdigest()
        audit.record(session, actor, "import.activities", "import", import_id, {**details, "sha256": digest})
    return Outcome(
        import_id=import_id,
        status=status,
        rows_read=checked.rows_read,
        changes=changes,
        refused=refused,
        errors=checked.errors,
    )


async def _check(session: AsyncSession, content: bytes) -> Checked:
    today, codes = await clock.today(session), LEARNING_HOURS.known_codes
    table = read_table(content, activities.columns(today, codes))
    employees = await queries.numbered_employees(session, activities.numbers_in(table))
    return activities.check(table, Reference(today=today, codes=codes, employees=employees))


async def _enter(session: AsyncSession, lines: Sequence[Line]) -> Changes:
    known = await queries.activities_by_id(session, (line.activity.id for line in lines))
    different = [line for line in lines if _differs(line, known.get(line.activity.id))]
    await commands.enter(session, [_entry(line) for line in different])
    added = sum(line.activity.id not in known for line in lines)
    return Changes(added=added, changed=len(different) - added, unchanged=len(lines) - len(different))


def _differs(line: Line, known: ActivityRow | None) -> bool:
    if known is None:
        return True
    claimed = (line.activity.claimed_hours, line.activity.scope.value, line.title, line.provider)
    return claimed != (known.claimed_hours, known.scope, known.title, known.provider) and known.counts


def _entry(line: Line) -> Entry:
    return Entry(activity=line.activity, origin=ActivityOrigin.IMPORT, title=line.title, provider=line.provider)
