"""Analyse the needs of a plan year in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.needs import rules
from services.needs.commands.steps import Step, note_steps
from services.needs.domain.analysis import Analysed, Analysis, Found, find_needs
from services.needs.domain.competencies import Standards
from services.needs.domain.needs import Need, NeedStatus
from services.needs.queries import competencies as reads
from services.needs.queries import needs as need_reads
from services.needs.queries.competencies import Placed
from services.needs.queries.needs import Known
from services.needs.queries.scope import units_below
from services.needs.tables import AnalysisRow, NeedRow
from services.needs.tables.needs import need_values
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.errors import Invalid
from shared.events.needs import NeedIdentified
from shared.identity.actor import Actor
from shared.ids import new_id

# Whoever writes evidence waits, so that no need is found by a level just improved; analyses wait for each other.
_LOCK = text("LOCK TABLE evidence IN SHARE ROW EXCLUSIVE MODE")
_AT_ONCE = 1_000
_YEARS_AHEAD = 2
T = TypeVar("T")


@dataclass(slots=True)
class _Count:
    people: int = 0
    without_evidence: int = 0
    identified: int = 0
    known: int = 0
    contradictions: int = 0


async def analyse_needs(session: AsyncSession, actor: Actor, cycle: int, unit_code: str | None) -> AnalysisRow:
    """Find the needs of a plan year, of everybody on duty or of a unit and those below it; running again adds only
    what is new. A need that people rejected in this cycle is not found again while the person keeps the position.
    """
    today = await clock.today(session)
    if not today.year - 1 <= cycle <= today.year + _YEARS_AHEAD:
        raise Invalid("Tahun rencana harus tahun lalu sampai dua tahun ke depan.")
    await session.execute(_LOCK)
    analysis = Analysis(
        cycle=cycle, day=today, rules=rules.EVIDENCE.on(today), core=reads.core_codes(today), new_id=new_id
    )
    standards = await reads.standards(session, today)
    unit_ids = await units_below(session, unit_code) if unit_code else None
    people = await need_reads.people_on_duty(session, rules.PEOPLE.on(today).on_duty, unit_ids)
    count = _Count(people=len(people))
    for some in _batches(people, _AT_ONCE):
        found = await _find(session, some, standards, analysis, count)
        await _identify(session, actor, found)
    row = AnalysisRow(
        id=new_id(),
        cycle=cycle,
        unit_code=unit_code,
        analysed_on=today,
        analysed_at=await clock.now(session),
        actor_id=actor.id,
        people=count.people,
        people_without_evidence=count.without_evidence,
        needs_identified=count.identified,
        needs_known=count.known,
        contradictions=count.contradictions,
    )
    session.add(row)
    audit.record(session, actor, "analyse_needs", "analysis", row.id, {"cycle": cycle, "needs": count.identified})
    return row


async def _find(
    session: AsyncSession, people: Sequence[Placed], standards: Standards, analysis: Analysis, count: _Count
) -> list[Found]:
    ids = [person.employee_id for person in people]
    evidence = await reads.evidence_of(session, ids)
    known = await need_reads.cases(session, ids, analysis.cycle)
    found = []
    for person in people:
        own = evidence.get(person.employee_id, {})
        count.without_evidence += not own
        analysed = Analysed(
            employee_id=person.employee_id,
            unit_id=person.unit_id,
            position_id=person.position_id,
            standard=standards.levels(person.position_id, person.position_class),
            evidence=own,
        )
        for each in find_needs(analysed, analysis):
            if _is_known(each.need, known):
                count.known += 1
            else:
                found.append(each)
    count.identified += len(found)
    count.contradictions += sum(each.contradicted for each in found)
    return found


def _is_known(need: Need, known: Mapping[UUID, Mapping[str, Sequence[Known]]]) -> bool:
    cases = known.get(need.employee_id, {}).get(need.competency, ())
    return any(case.status is not NeedStatus.REJECTED or case.position_id == need.position_id for case in cases)


async def _identify(session: AsyncSession, actor: Actor, found: Sequence[Found]) -> None:
    moment = await clock.now(session)
    await insert_rows(
        session, NeedRow, [need_values(each.need, moment, contradicted=each.contradicted) for each in found]
    )
    await note_steps(session, [Step(before=each.need, after=each.need) for each in found], actor)
    for each in found:
        need = each.need
        event = NeedIdentified(
            need_id=need.id,
            employee_id=need.employee_id,
            competency=need.competency,
            cycle=need.cycle,
            standard_level=need.standard_level,
            current_level=need.current_level,
            gap=need.current_level - need.standard_level,
        )
        outbox.record(session, event, correlation=need.id)


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
