"""The way of a file: every row is checked and staged first, then one transaction applies all of it, or nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import commands
from services.needs.imports.checked import Checked, RecordT
from services.needs.imports.kinds import ImportKind
from services.needs.tables import ImportRow, Problem, StagedRow
from shared import audit, clock
from shared.db import Database, insert_rows
from shared.errors import Conflict
from shared.files.columns import RowError
from shared.files.outcome import Changes, Outcome
from shared.identity.actor import Actor
from shared.ids import new_id

PROBLEMS_KEPT = 1_000
ABANDONED_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file as it was handed in."""

    name: str
    content: bytes


async def run_import(
    database: Database, actor: Actor, kind: ImportKind[RecordT], file: ImportFile, *, accept_partial: bool
) -> Outcome:
    """Take a file in; raises WorkbookRefused when it cannot be read at all."""
    async with database.transaction() as session:
        import_id, checked = await stage(session, actor, kind, file)
    async with database.transaction() as session:
        return await apply(session, actor, kind, (import_id, checked), accept_partial=accept_partial)


async def stage(
    session: AsyncSession, actor: Actor, kind: ImportKind[RecordT], file: ImportFile
) -> tuple[UUID, Checked[RecordT]]:
    """Check every row and keep the good ones until they are applied; the master data stays as it is."""
    await _forget_abandoned(session)
    checked = await kind.check(session, file.content)
    staged = ImportRow(
        id=new_id(),
        kind=kind.name,
        status="STAGED",
        file_name=file.name,
        file_sha256=hashlib.sha256(file.content).digest(),
        actor_id=actor.id,
        created_at=await clock.now(session),
        titles=dict(checked.titles),
        rows_read=checked.rows_read,
        rows_refused=_rows(checked.errors),
        problems=_problems(checked.errors),
    )
    session.add(staged)
    await session.flush()
    rows = [
        {"import_id": staged.id, "row_number": number, "record": kind.adapter.dump_json(record).decode()}
        for number, record in checked.records.items()
    ]
    await insert_rows(session, StagedRow, rows)
    return staged.id, checked


async def apply(
    session: AsyncSession,
    actor: Actor,
    kind: ImportKind[RecordT],
    staged: tuple[UUID, Checked[RecordT]],
    *,
    accept_partial: bool,
) -> Outcome:
    """Record the staged rows, judged once more against what is recorded by now; with errors, only if told to."""
    import_id, checked = staged
    session.info["cause"] = f"command:{import_id}"
    row = await _staged_import(session, import_id)
    await commands.lock_master_data(session)
    records = await _staged_records(session, kind, import_id)
    left_out = await kind.left_out(session, records, row.titles)
    applied = accept_partial or not (checked.errors or left_out)
    errors = [*checked.errors, *left_out] if applied or not checked.errors else checked.errors
    changes = Changes(added=0, changed=0, unchanged=0)
    if applied:
        dropped = {error.row for error in left_out}
        good = [record for number, record in records.items() if number not in dropped]
        changes = await kind.record(session, good, row.titles)
    outcome = Outcome(
        import_id=import_id,
        status="APPLIED" if applied else "REFUSED",
        rows_read=checked.rows_read,
        changes=changes,
        refused=_rows(errors),
        errors=sorted(errors, key=lambda error: error.row),
        notes=checked.notes,
    )
    await _conclude(session, actor, row, outcome)
    return outcome


async def _staged_import(session: AsyncSession, import_id: UUID) -> ImportRow:
    row = (await session.scalars(select(ImportRow).where(ImportRow.id == import_id).with_for_update())).one()
    if row.status != "STAGED":
        raise Conflict("Impor ini sudah selesai.")
    return row


async def _staged_records(session: AsyncSession, kind: ImportKind[RecordT], import_id: UUID) -> dict[int, RecordT]:
    statement = select(StagedRow.row_number, StagedRow.record).where(StagedRow.import_id == import_id)
    rows = await session.execute(statement.order_by(StagedRow.row_number))
    return {number: kind.adapter.validate_python(record) for number, record in rows}


async def _conclude(session: AsyncSession, actor: Actor, row: ImportRow, outcome: Outcome) -> None:
    """Note the result and let go of the staged rows, which hold personal data."""
    row.status = outcome.status
    row.finished_at = await clock.now(session)
    row.rows_added, row.rows_changed = outcome.changes.added, outcome.changes.changed
    row.rows_unchanged, row.rows_refused = outcome.changes.unchanged, outcome.refused
    row.problems = _problems(outcome.errors)
    await session.execute(delete(StagedRow).where(StagedRow.import_id == row.id))
    details = {"kind": row.kind, "status": row.status, "rows": outcome.rows_read, "refused": outcome.refused}
    audit.record(session, actor, f"import.{row.kind}", "import", row.id, {**details, **asdict(outcome.changes)})


async def _forget_abandoned(session: AsyncSession) -> None:
    """Files that were staged and never applied, as when the program was killed in between, lose their rows."""
    now = await clock.now(session)
    old = (ImportRow.status == "STAGED") & (ImportRow.created_at < now - ABANDONED_AFTER)
    statement = update(ImportRow).where(old).values(status="ABANDONED", finished_at=now).returning(ImportRow.id)
    abandoned = (await session.scalars(statement)).all()
    if abandoned:
        await session.execute(delete(StagedRow).where(StagedRow.import_id.in_(abandoned)))


def _rows(errors: Sequence[RowError]) -> int:
    return len({error.row for error in errors})


def _problems(errors: Sequence[RowError]) -> list[Problem]:
    return [Problem(row=error.row, column=error.column, reason=error.reason) for error in errors[:PROBLEMS_KEPT]]
