"""Record the dictionary of competencies and what classes and positions ask, and tell of the positions this changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import queries, rules
from services.needs.commands.master import lock_master_data
from services.needs.domain.competencies import Competency
from services.needs.domain.positions import PositionClass
from services.needs.queries import competencies as reads
from services.needs.tables import ClassStandardRow, CompetencyRow, PositionStandardRow
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.errors import Invalid
from shared.events.reference import CompetencyRecorded, PositionRecorded
from shared.files.outcome import Changes
from shared.identity.actor import Actor
from shared.ids import new_id

_WRITE_COMPETENCIES = "ON CONFLICT (id) DO UPDATE SET title = excluded.title, kind = excluded.kind"
_WRITE_CLASSES = "ON CONFLICT (position_class, competency) DO UPDATE SET level = excluded.level"


async def record_competencies(session: AsyncSession, competencies: Collection[Competency]) -> Changes:
    """Record competencies as given and tell of those that differ. The master data must be locked."""
    known = await reads.competencies(session)
    different = [each for each in competencies if each.code not in known or known[each.code][1] != each]
    rows = [
        {
            "id": known[each.code][0] if each.code in known else new_id(),
            "code": each.code,
            "title": each.title,
            "kind": each.kind.value,
        }
        for each in different
    ]
    await insert_rows(session, CompetencyRow, rows, _WRITE_COMPETENCIES)
    for row in rows:
        outbox.record(session, CompetencyRecorded.model_validate({**row, "competency_id": row["id"]}))
    new = sum(each.code not in known for each in different)
    return Changes(added=new, changed=len(different) - new, unchanged=len(competencies) - len(different))


async def enter_competency(session: AsyncSession, actor: Actor, competency: Competency) -> UUID:
    """Enter a competency into the dictionary or correct it; the kind of a core competency stays."""
    await lock_master_data(session)
    await ensure_core_competencies(session)
    known = await reads.competencies(session)
    core = reads.core_codes(await clock.today(session))
    if competency.code in core and known[competency.code][1].kind is not competency.kind:
        raise Invalid("Jenis kompetensi inti sudah ditetapkan oleh peraturan.")
    await record_competencies(session, [competency])
    row_id = (await reads.competencies(session))[competency.code][0]
    audit.record(session, actor, "enter_competency", "competency", row_id, {"code": competency.code})
    return row_id


async def ensure_core_competencies(session: AsyncSession) -> None:
    """See that the core competencies are in the dictionary, and told of, before anything refers to them."""
    known = await reads.competencies(session)
    core = rules.CORE_COMPETENCIES.on(await clock.today(session))
    await record_competencies(session, [each for each in core if each.code not in known])


async def record_class_standards(session: AsyncSession, asked: Mapping[PositionClass, Mapping[str, int]]) -> Changes:
    """Record what classes ask; a competency that is not named keeps its level. The master data must be locked.

    Competencies must be in the dictionary.
    """
    day = await clock.today(session)
    before = await _levels_of_positions(session, day)
    known = (await reads.standards(session, day)).classes
    different = [
        position_class for position_class, levels in asked.items() if not _holds(known, position_class, levels)
    ]
    rows = [
        {"position_class": position_class.value, "competency": competency, "level": level}
        for position_class in different
        for competency, level in asked[position_class].items()
    ]
    await insert_rows(session, ClassStandardRow, rows, _WRITE_CLASSES)
    await _tell_of_changed_positions(session, before, day)
    new = sum(position_class not in known for position_class in different)
    return Changes(added=new, changed=len(different) - new, unchanged=len(asked) - len(different))


async def set_position_standard(
    session: AsyncSession, actor: Actor, position_id: UUID, levels: Mapping[str, int]
) -> None:
    """Set what the duties of a position ask beyond its class, in the place of what was set before."""
    await lock_master_data(session)
    await ensure_core_competencies(session)
    await reads.position(session, position_id)
    await require_competencies(session, levels)
    day = await clock.today(session)
    before = await _levels_of_positions(session, day)
    await session.execute(delete(PositionStandardRow).where(PositionStandardRow.position_id == position_id))
    rows = [{"position_id": position_id, "competency": code, "level": level} for code, level in levels.items()]
    await insert_rows(session, PositionStandardRow, rows)
    await _tell_of_changed_positions(session, before, day)
    audit.record(session, actor, "set_position_standard", "position", position_id, {"levels": dict(levels)})


async def require_competencies(session: AsyncSession, codes: Collection[str]) -> None:
    """Raise Invalid when a code is not in the dictionary."""
    if unknown := set(codes) - (await reads.competencies(session)).keys():
        raise Invalid(f"Kompetensi tidak ada dalam kamus: {', '.join(sorted(unknown))}.")


def _holds(
    known: Mapping[PositionClass, Mapping[str, int]], position_class: PositionClass, levels: Mapping[str, int]
) -> bool:
    return levels.items() <= known.get(position_class, {}).items()


async def _levels_of_positions(session: AsyncSession, day: date) -> dict[UUID, dict[str, int]]:
    standards = await reads.standards(session, day)
    classes = await reads.position_classes(session)
    return {position_id: standards.levels(position_id, held) for position_id, held in classes.items()}


async def _tell_of_changed_positions(
    session: AsyncSession, before: Mapping[UUID, Mapping[str, int]], day: date
) -> None:
    after = await _levels_of_positions(session, day)
    positions = {position_id: position for position, position_id in (await queries.position_ids(session)).items()}
    changed: Sequence[UUID] = [each for each in sorted(after) if after[each] != before.get(each)]
    for position_id in changed:
        position = positions[position_id]
        event = PositionRecorded(
            position_id=position_id,
            title=position.title,
            job_kind=position.job_kind,
            position_class=position.position_class,
            standard_levels=after[position_id],
        )
        outbox.record(session, event)
