"""What superiors and analysts do about needs on a day of the demo: find, verify, validate, plan, fix, review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo import careers
from services.demo.dice import Word
from services.demo.stage import Stage
from services.needs.commands.analysis import analyse_needs
from services.needs.commands.needs import reject_needs, return_needs, validate_needs, verify_needs
from services.needs.commands.plan import (
    DecreeEntry,
    Proposal,
    confirm_decree,
    enter_decree,
    propose_items,
    withdraw_items,
)
from services.needs.domain.competencies import CompetencyKind
from services.needs.domain.needs import NeedStatus, Reason
from services.needs.domain.people import ACTIVE, EmploymentType
from services.needs.domain.plan import DecreeStatus, ItemStatus, Particulars, WithdrawalReason
from services.needs.tables import AnalysisRow, CompetencyRow, DecreeRow, EmployeeRow, NeedRow, PlanItemRow

AT_ONCE = 500
NEXT_YEAR_FROM = 10
"""From this month on, agencies analyse for the coming year."""
AGAIN_AFTER = timedelta(days=85)
AT_MOST = 3
"""Needs of one person that are carried out side by side."""
SIGNATORY = "Wali Kota Rekaan"
COACHING, MENTORING = 14, 15
FORMS: Mapping[CompetencyKind, Sequence[tuple[int, int]]] = {
    CompetencyKind.MANAGERIAL: ((5, 24), (8, 16), (4, 10), (16, 12), (11, 20), (1, 40), (9, 4)),
    CompetencyKind.SOCIO_CULTURAL: ((6, 12), (7, 4), (8, 16)),
    CompetencyKind.TECHNICAL: ((3, 24), (8, 16), (11, 20), (2, 40), (16, 12), (24, 8)),
    CompetencyKind.GOVERNMENT: ((5, 24),),
}
"""Forms that fit a kind of competency, each with its usual learning hours."""
AGREEMENT_FORM = (16, 4)
"""What fits the few hours that an agency may plan for people under an agreement."""
COST_OF_AN_HOUR = 150_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A need that waits for somebody, with what people know of it."""

    id: UUID
    competency: str
    cycle: int
    employee_id: UUID
    number: str
    by_agreement: bool

    @property
    def words(self) -> tuple[Word, ...]:
        """What it is, by stable facts."""
        return self.number, self.competency, self.cycle


async def act(stage: Stage) -> int:
    """Everything that waits for a decision; each need takes one step a day, but all of them on the opening day.

    Careers change last: what follows from it happens while others decide, and would take decided needs from under them.
    """
    done = 0
    for deed in (_review, _analyse, _verify, _validate, _plan, _enter_decrees, _confirm_decrees, careers.change):
        done += await deed(stage)
    return done


async def _analyse(stage: Stage) -> int:
    async with stage.transaction() as session:
        latest = (
            await session.execute(
                select(AnalysisRow.cycle, func.max(AnalysisRow.analysed_on))
                .group_by(AnalysisRow.cycle)
                .order_by(AnalysisRow.cycle.desc())
                .limit(1)
            )
        ).one_or_none()
        if latest is None:
            cycle = stage.today.year + (stage.today.month >= NEXT_YEAR_FROM)
        elif stage.today.year > latest[0]:
            cycle = stage.today.year
        elif stage.today - latest[1] > AGAIN_AFTER:
            cycle = latest[0]
        else:
            return 0
        return (await analyse_needs(session, stage.analyst(), cycle, None)).needs_identified


async def _verify(stage: Stage) -> int:
    """Superiors look at the needs of their people, most of them soon."""
    waiting = await _waiting(stage, NeedRow.status.in_([NeedStatus.IDENTIFIED, NeedStatus.RETURNED]))
    superiors = await _superiors(stage)
    of_superior: dict[tuple[str, UUID], list[Open]] = defaultdict(list)
    for need in waiting:
        superior = superiors.get(need.employee_id)
        soon = stage.opening or stage.dice.chance(0.7, "looks", stage.today, *need.words)
        if superior and soon:
            of_superior[superior].append(need)

    async def decide(session: AsyncSession, some: Sequence[tuple[tuple[str, UUID], list[Open]]]) -> None:
        for (_, superior_id), needs in some:
            actor = stage.person(superior_id)
            refused = {need.id for need in needs if stage.dice.chance(0.05, "refuses", stage.today, *need.words)}
            if kept := [need.id for need in needs if need.id not in refused]:
                await verify_needs(session, actor, kept)
            if refused:
                await reject_needs(session, actor, refused, Reason.ALREADY_MASTERED)

    await _in_turns(stage, sorted(of_superior.items(), key=lambda each: each[0][0]), decide, at_once=25)
    return sum(map(len, of_superior.values()))


async def _validate(stage: Stage) -> int:
    """Analysts judge what units verified."""
    verified = await _waiting(stage, NeedRow.status == NeedStatus.VERIFIED)
    looked = [n for n in verified if stage.opening or stage.dice.chance(0.8, "judged", stage.today, *n.words)]

    async def decide(session: AsyncSession, some: Sequence[Open]) -> None:
        back = {n.id for n in some if stage.dice.chance(0.05, "incomplete", stage.today, *n.words)}
        refused = {n.id for n in some if stage.dice.chance(0.03, "not relevant", *n.words)} - back
        if good := [n.id for n in some if n.id not in back | refused]:
            await validate_needs(session, stage.analyst(), good)
        if back:
            reason = stage.dice.pick((Reason.INCOMPLETE, Reason.LEVEL_DISPUTED), "why", stage.today)
            await return_needs(session, stage.analyst(), back, reason)
        if refused:
            await reject_needs(session, stage.analyst(), refused, Reason.NOT_RELEVANT)

    await _in_turns(stage, looked, decide)
    return len(looked)


async def _plan(stage: Stage) -> int:
    """Plan what was validated, the nearest first, as much as a person can carry at a time."""
    planned = select(PlanItemRow.need_id).where(PlanItemRow.status.in_(["PROPOSED", "SUBMITTED", "APPROVED"]))
    waiting = await _waiting(stage, (NeedRow.status == NeedStatus.VALIDATED) & NeedRow.id.not_in(planned))
    if not waiting:
        return 0
    load, kinds = await _load(stage)
    proposals = []
    for need in waiting:
        if load[need.employee_id] < AT_MOST:
            load[need.employee_id] += 1
            particulars = _particulars(stage, need, kinds[need.competency])
            proposals.append(Proposal(need_id=need.id, particulars=particulars))

    async def propose(session: AsyncSession, some: Sequence[Proposal]) -> None:
        await propose_items(session, stage.analyst(), some)

    await _in_turns(stage, proposals, propose)
    return len(proposals)


def _particulars(stage: Stage, need: Open, kind: CompetencyKind) -> Particulars:
    """A quarter are coached or mentored, the others trained."""
    dice, words = stage.dice, (stage.today, *need.words)
    if dice.chance(0.25, "beside a colleague", *words):
        return Particulars(form=dice.pick((MENTORING, MENTORING, COACHING), "whom", *words), fits_curriculum=True)
    form, hours = AGREEMENT_FORM if need.by_agreement else dice.pick(FORMS[kind], "form", *words)
    begins = stage.today + timedelta(days=dice.between(20, 90, "begins", *words))
    return Particulars(
        form=form,
        program=f"{need.competency}-{form:02}",
        provider=dice.pick(("Badan Kepegawaian", "LAN", "Universitas Rekaan"), "provider", *words),
        scheduled_from=begins,
        scheduled_to=begins + timedelta(days=max(1, hours // 8)),
        learning_hours=hours,
        fits_curriculum=True,
        cost=hours * COST_OF_AN_HOUR,
        funding_source="APBD",
    )


async def _enter_decrees(stage: Stage) -> int:
    """Put the proposals of each cycle under decrees of a size that people can compare with the signed sheet."""
    async with stage.database.session() as session:
        proposed = select(PlanItemRow.cycle, PlanItemRow.id).where(PlanItemRow.status == ItemStatus.PROPOSED)
        rows = (await session.execute(proposed.order_by(PlanItemRow.cycle, PlanItemRow.id))).all()
        known = await session.scalar(select(func.count()).select_from(DecreeRow)) or 0
    items: dict[int, list[UUID]] = defaultdict(list)
    for cycle, item_id in rows:
        items[cycle].append(item_id)
    batches = [(cycle, some) for cycle, ids in items.items() for some in _batches(ids, AT_ONCE)]
    for number, (cycle, some) in enumerate(batches, start=known + 1):
        entry = DecreeEntry(
            cycle=cycle,
            number=f"800.2/{number}/{cycle}",
            decreed_on=stage.today,
            signatory=SIGNATORY,
            item_ids=some,
        )
        async with stage.transaction() as session:
            await enter_decree(session, stage.analyst(), entry)
    return len(rows)


async def _confirm_decrees(stage: Stage) -> int:
    """The second analyst compares what the first one entered on an earlier day."""
    async with stage.database.session() as session:
        entered = select(DecreeRow.id).where(DecreeRow.status == DecreeStatus.ENTERED)
        if not stage.opening:
            entered = entered.where(DecreeRow.decreed_on < stage.today)
        ids = list(await session.scalars(entered.order_by(DecreeRow.id)))
    for decree_id in ids:
        async with stage.transaction() as session:
            await confirm_decree(session, stage.second_analyst(), decree_id)
    return len(ids)


async def _review(stage: Stage) -> int:
    """What two rounds did not help is looked at: half of it is planned in another form, half needs another job."""
    fixed = (PlanItemRow.need_id == NeedRow.id) & (PlanItemRow.status == ItemStatus.APPROVED)
    async with stage.database.session() as session:
        rows = (
            await session.execute(
                select(PlanItemRow.id, EmployeeRow.employee_number, NeedRow.competency, NeedRow.cycle)
                .join(NeedRow, fixed)
                .join(EmployeeRow, EmployeeRow.id == NeedRow.employee_id)
                .where(NeedRow.review_since > PlanItemRow.changed_at)
                .order_by(PlanItemRow.id)
            )
        ).all()
    chosen = [row[0] for row in rows if stage.dice.chance(0.5, "another form", *row[1:])]

    async def withdraw(session: AsyncSession, some: Sequence[UUID]) -> None:
        await withdraw_items(session, stage.analyst(), some, WithdrawalReason.OTHER_FORM)

    await _in_turns(stage, chosen, withdraw)
    return len(chosen)


async def _waiting(stage: Stage, condition: ColumnElement[bool]) -> list[Open]:
    """Needs of people on duty that have waited since an earlier day; on the opening day, all but those given back."""
    columns = (NeedRow.id, NeedRow.competency, NeedRow.cycle, NeedRow.status, NeedRow.employee_id, NeedRow.changed_at)
    statement = (
        select(*columns, EmployeeRow.employee_number, EmployeeRow.employment_type)
        .join(EmployeeRow, EmployeeRow.id == NeedRow.employee_id)
        .where(condition, EmployeeRow.legal_status == ACTIVE)
        .order_by(NeedRow.cycle, EmployeeRow.employee_number, NeedRow.competency)
    )
    async with stage.database.session() as session:
        zone = session.info["origin"].zone
        rows = (await session.execute(statement)).all()
    return [
        Open(
            id=row.id,
            competency=row.competency,
            cycle=row.cycle,
            employee_id=row.employee_id,
            number=row.employee_number,
            by_agreement=EmploymentType(row.employment_type).by_agreement,
        )
        for row in rows
        if row.changed_at.astimezone(zone).date() < stage.today or (stage.opening and row.status != NeedStatus.RETURNED)
    ]


async def _superiors(stage: Stage) -> dict[UUID, tuple[str, UUID]]:
    """Person → number and id of the nearest superior on duty."""
    async with stage.database.session() as session:
        columns = (EmployeeRow.id, EmployeeRow.superior_id, EmployeeRow.legal_status, EmployeeRow.employee_number)
        people = {row.id: row for row in await session.execute(select(*columns))}
    found = {}
    for employee_id, person in people.items():
        above = people.get(person.superior_id)
        while above is not None and above.legal_status != ACTIVE:
            above = people.get(above.superior_id)
        if above is not None:
            found[employee_id] = (above.employee_number, above.id)
    return found


async def _load(stage: Stage) -> tuple[dict[UUID, int], dict[str, CompetencyKind]]:
    """Person → needs that are planned, and competency → kind."""
    active = PlanItemRow.status.in_([ItemStatus.PROPOSED, ItemStatus.SUBMITTED, ItemStatus.APPROVED])
    async with stage.database.session() as session:
        counts = select(PlanItemRow.employee_id, func.count()).where(active).group_by(PlanItemRow.employee_id)
        load: dict[UUID, int] = defaultdict(int)
        load.update({row[0]: row[1] for row in await session.execute(counts)})
        kinds = await session.execute(select(CompetencyRow.code, CompetencyRow.kind))
        return load, {code: CompetencyKind(kind) for code, kind in kinds}


async def _in_turns(
    stage: Stage,
    items: Sequence[T],
    work: Callable[[AsyncSession, Sequence[T]], Awaitable[None]],
    at_once: int = AT_ONCE,
) -> None:
    for some in _batches(items, at_once):
        async with stage.transaction() as session:
            await work(session, some)


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
