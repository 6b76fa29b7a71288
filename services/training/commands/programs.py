"""The catalogue: programmes created and changed, and what evaluation asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import Program, Terms
from services.training.tables import ProgramRow, RevisionRequestRow
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.errors import Conflict
from shared.events.evaluation import ProgramRevisionRequested
from shared.events.training import ProgramRecorded
from shared.identity.actor import Actor
from shared.ids import new_id

ANSWER = text("UPDATE revision_requests SET answered_at = :now WHERE program_id = :program_id AND answered_at IS NULL")


async def create_program(
    session: AsyncSession, actor: Actor, code: str, title: str, form: int, terms: Terms
) -> Program:
    """Add a programme to the catalogue; its code is taken by the first."""
    program = Program(id=new_id(), code=code, title=title, form=form, terms=terms)
    row = ProgramRow.from_domain(program)
    # Two analysts who take one code at the same moment: the database decides, the second is refused like any other.
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(f"Kode program {code} sudah dipakai.") from None
    audit.record(session, actor, "create_program", "program", program.id)
    outbox.record(session, _program_recorded(program))
    return program


async def change_program(
    session: AsyncSession, actor: Actor, program_id: UUID, title: str, form: int, terms: Terms
) -> Program:
    """Change a programme, which answers what was asked of it; classes already scheduled keep their terms."""
    row = await queries.program_for_update(session, actor, program_id)
    program = Program(id=row.id, code=row.code, title=title, form=form, terms=terms)
    row.update_from(program)
    await session.execute(ANSWER, {"program_id": program_id, "now": await clock.now(session)})
    audit.record(session, actor, "change_program", "program", program.id)
    outbox.record(session, _program_recorded(program))
    return program


async def note_revision_requests(session: AsyncSession, events: Sequence[Received[ProgramRevisionRequested]]) -> None:
    """Keep what evaluation asks of programmes for those who own them."""
    now = await clock.now(session)
    rows: list[dict[str, Any]] = [
        {
            "id": event.event_id,
            "program_id": event.data.program_id,
            "class_id": event.data.class_id,
            "rule": event.data.rule,
            "rule_version": event.data.rule_version,
            "figure": event.data.figure,
            "requested_at": event.time or now,
        }
        for event in events
    ]
    await insert_rows(session, RevisionRequestRow, rows, "ON CONFLICT DO NOTHING")


def _program_recorded(program: Program) -> ProgramRecorded:
    return ProgramRecorded(
        program_id=program.id,
        code=program.code,
        title=program.title,
        form=program.form,
        competency=program.terms.competency,
        learning_hours=program.terms.learning_hours,
        pass_mark=program.terms.pass_mark,
    )
