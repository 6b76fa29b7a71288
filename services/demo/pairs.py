"""Pairs of the demo: how they agree, meet, confirm their meetings, and come to an end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.demo.stage import Stage
from services.mentoring.commands import pairs, sessions
from services.mentoring.commands.pairs import Report, SignedAgreement
from services.mentoring.commands.sessions import Told
from services.mentoring.domain.pairs import Agreement, PairStatus, Side, StopReason
from services.mentoring.domain.people import months_after
from services.mentoring.domain.requests import Form, Origin
from services.mentoring.domain.sessions import Mode, SessionStatus
from services.mentoring.tables import PairRow, SessionRow
from shared.directory import DirectoryEmployee
from shared.identity.actor import Actor

BY_HAND = 0.04
"""Pairs that enter everything themselves; of the others an analyst enters signed forms."""

AGREES = 0.85
GOALS = (
    "Menyelesaikan satu tugas nyata tanpa bantuan",
    "Menyusun catatan kerja yang dapat dipakai rekan",
    "Menerapkan satu perbaikan di unit kerja",
    "Memaparkan hasil belajar kepada tim",
    "Melayani satu kasus sulit sampai tuntas",
)
PERIODS = {
    Form.MENTORING: (3, 3, 3, 4, 6),
    Form.COACHING: (1, 1, 2, 2, 3),
}
OF_NEWCOMERS = (3, 6, 6, 9)

MISSES = 0.1
MEETS_TWICE = 0.08
DISPUTED = 0.03
NEVER_ANSWERED = 0.02
ANSWERED_AT_ONCE = 0.75
LONGEST_WAIT = timedelta(days=16)
TOPICS = ("Meninjau tugas pekan ini", "Membahas kasus sulit", "Berlatih bersama", "Menilai kemajuan sasaran")
BEGINNINGS = (time(8), time(9), time(10), time(13), time(14))
SATURDAY = 5

STOPS = 0.01
REASONS = (StopReason.NO_TIME, StopReason.NOT_SUITABLE, StopReason.NOT_WANTED, StopReason.OTHER_PATH)
EXTENDED = 0.07
LONGEST = {Form.MENTORING: 6, Form.COACHING: 3}
REACTS = 0.45
REACTED_WITHIN = timedelta(days=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A living pair with the number of whom it is about, and what is told of its meetings so far.

    Before it has agreed, its dates are the day it is looked at.
    """

    id: UUID
    mentor_id: UUID
    employee_id: UUID
    number: str
    competency: str
    form: Form
    of_newcomer: bool
    start_date: date
    end_date: date
    goals: int
    last_met: date | None
    confirmed: int

    @property
    def words(self) -> tuple[str, str]:
        """What names the pair in every run."""
        return self.number, self.competency

    def person(self, side: Side) -> UUID:
        """Who stands on a side."""
        return self.mentor_id if side is Side.MENTOR else self.employee_id


async def act(stage: Stage) -> int:
    """Let pairs that have begun meet, answer what was told, and end; returns how many things were done."""
    done = await _extend(stage)
    done += await _meet(stage)
    done += await _answer(stage)
    return done + await _end(stage) + await _react(stage)


async def agree(stage: Stage) -> int:
    """Let pairs that were made agree on goals and begin."""
    async with stage.transaction() as session:
        waiting = [pair for pair in await _pairs(stage, session, PairStatus.MATCHED) if _agrees_today(stage, pair)]
        papers = []
        for pair in waiting:
            agreement = _agreement(stage, pair)
            if _enters_by_hand(stage, pair):
                await _sign_by_hand(stage, session, pair, agreement)
            else:
                papers.append(SignedAgreement(pair_id=pair.id, agreement=agreement, evidence=_form_of(stage)))
        if papers:
            await pairs.start_pairs(session, stage.analyst(), papers)
    return len(waiting)


def _agrees_today(stage: Stage, pair: Pair) -> bool:
    return stage.dice.chance(AGREES, "agrees", *pair.words, stage.today)


def _enters_by_hand(stage: Stage, pair: Pair) -> bool:
    return stage.dice.chance(BY_HAND, "enters by hand", *pair.words)


def _form_of(stage: Stage) -> str:
    return f"Formulir {stage.today:%m/%Y}"


def _agreement(stage: Stage, pair: Pair) -> Agreement:
    dice, words = stage.dice, pair.words
    months = OF_NEWCOMERS if pair.of_newcomer else PERIODS[pair.form]
    first = dice.between(0, len(GOALS) - 1, "first goal", *words)
    goals = tuple(GOALS[(first + number) % len(GOALS)] for number in range(dice.between(1, 3, "goals", *words)))
    return Agreement(
        objective="Menerapkan kompetensi di tempat kerja",
        goals=goals,
        start_date=stage.today,
        end_date=months_after(stage.today, dice.pick(months, "months", *words, stage.today)),
        sessions_per_month=2,
    )


async def _sign_by_hand(stage: Stage, session: AsyncSession, pair: Pair, agreement: Agreement) -> None:
    sides = [stage.person(pair.mentor_id), stage.person(pair.employee_id)]
    writes = stage.dice.between(0, 1, "writes the agreement", *pair.words)
    await pairs.draft_agreement(session, sides[writes], pair.id, agreement)
    await pairs.sign_agreement(session, sides[1 - writes], pair.id)


async def _meet(stage: Stage) -> int:
    """Every pair meets about twice a month; one of the two tells of it, or an analyst enters the signed form."""
    async with stage.transaction() as session:
        told: dict[Actor, list[Told]] = defaultdict(list)
        for pair in await _pairs(stage, session, PairStatus.ACTIVE):
            by_hand = _enters_by_hand(stage, pair)
            for held_on in _days_met(stage, pair):
                side = stage.dice.pick((Side.MENTOR, Side.EMPLOYEE), "tells of it", *pair.words, held_on)
                actor = stage.person(pair.person(side)) if by_hand else stage.analyst()
                told[actor].append(_told(stage, pair, held_on, side, by_hand=by_hand))
        for actor, meetings in told.items():
            await sessions.log_sessions(session, actor, meetings)
    return sum(map(len, told.values()))


def _days_met(stage: Stage, pair: Pair) -> list[date]:
    """The days since the last meeting on which the pair met and told nobody yet."""
    dice = stage.dice
    # A meeting is told of within a week: whoever looks twice on one day finds none left to tell.
    first = max(pair.start_date, pair.last_met + timedelta(days=8) if pair.last_met else date.min)
    last = min(pair.end_date, stage.today - timedelta(days=1))
    if last < first or dice.chance(MISSES, "does not meet", *pair.words, stage.today):
        return []
    met = [last - timedelta(days=dice.between(0, min(4, (last - first).days), "day met", *pair.words, last))]
    if dice.chance(MEETS_TWICE, "meets twice", *pair.words, last):
        met.insert(0, met[0] - timedelta(days=6))
    at_work = (day - timedelta(days=max(0, day.weekday() - SATURDAY + 1)) for day in met)
    return [day for day in at_work if first <= day]


def _told(stage: Stage, pair: Pair, held_on: date, side: Side, *, by_hand: bool) -> Told:
    dice, words = stage.dice, (*pair.words, held_on)
    return Told(
        pair_id=pair.id,
        held_on=held_on,
        starts_at=dice.pick(BEGINNINGS, "begins at", *words),
        minutes=30 * dice.between(2, 4, "half hours", *words),
        mode=dice.pick((Mode.ONSITE, Mode.ONSITE, Mode.ONLINE), "mode", *words),
        topic=dice.pick(TOPICS, "topic", *words),
        goal_number=dice.between(1, pair.goals, "goal", *words),
        on_behalf_of=None if by_hand else side,
        evidence=None if by_hand else _form_of(stage),
    )


async def _answer(stage: Stage) -> int:
    """The other side confirms what was told; now and then it did not happen so, or nobody answers."""
    async with stage.transaction() as session:
        confirming: dict[Actor, list[UUID]] = defaultdict(list)
        disputing: dict[Actor, list[UUID]] = defaultdict(list)
        for row, pair, number in await _waiting_sessions(session):
            words = (number, pair.competency, row.held_on)
            fate = stage.dice.between(0, 99, "meeting confirmed", *words)
            other = stage.person(_person(pair, Side(row.logged_by).other))
            if fate < NEVER_ANSWERED * 100 or not _answers_today(stage, row, pair, words):
                continue
            if fate < (NEVER_ANSWERED + DISPUTED) * 100:
                disputing[other].append(row.id)
            else:
                confirming[stage.second_analyst() if row.evidence else other].append(row.id)
        for actor, ids in confirming.items():
            paper = _form_of(stage) if actor.employee_id is None else None
            await sessions.confirm_sessions(session, actor, ids, paper)
        for actor, ids in disputing.items():
            await sessions.dispute_sessions(session, actor, ids)
    return sum(len(ids) for ids in (*confirming.values(), *disputing.values()))


def _answers_today(stage: Stage, row: SessionRow, pair: PairRow, words: tuple[str, str, date]) -> bool:
    is_late = stage.today - row.held_on > LONGEST_WAIT or (pair.end_date or date.max) <= stage.today
    return is_late or stage.dice.chance(ANSWERED_AT_ONCE, "answers at once", *words)


async def _waiting_sessions(
    session: AsyncSession, pair_ids: Iterable[UUID] | None = None
) -> Sequence[tuple[SessionRow, PairRow, str]]:
    statement = (
        select(SessionRow, PairRow, DirectoryEmployee.employee_number)
        .join(PairRow, PairRow.id == SessionRow.pair_id)
        .join(DirectoryEmployee, DirectoryEmployee.id == PairRow.employee_id)
        .where(SessionRow.status == SessionStatus.LOGGED, PairRow.status == PairStatus.ACTIVE)
        .order_by(SessionRow.id)
    )
    if pair_ids is not None:
        statement = statement.where(PairRow.id.in_(list(pair_ids)))
    return [(row, pair, number) for row, pair, number in await session.execute(statement)]


async def _extend(stage: Stage) -> int:
    """A few pairs go on longer than agreed at first; before they meet, since that depends on their end."""
    async with stage.transaction() as session:
        done = 0
        for pair in await _pairs(stage, session, PairStatus.ACTIVE):
            if (later := _later_end(stage, pair)) is not None:
                await pairs.extend_pair(session, stage.analyst(), pair.id, later)
                done += 1
    return done


async def _end(stage: Stage) -> int:
    """Pairs at their agreed end are closed, a few give up before their time."""
    async with stage.transaction() as session:
        closing, done = [], 0
        for pair in await _pairs(stage, session, PairStatus.ACTIVE):
            is_over = pair.end_date <= stage.today
            if (reason := _reason_to_stop(stage, pair, is_over=is_over)) is not None:
                await pairs.stop_pair(session, stage.analyst(), pair.id, reason)
                done += 1
            elif is_over:
                closing.append(pair)
        await _close(stage, session, closing)
    return done + len(closing)


def _reason_to_stop(stage: Stage, pair: Pair, *, is_over: bool) -> StopReason | None:
    words = (*pair.words, stage.today)
    if is_over:
        return None if pair.confirmed else stage.dice.pick(REASONS, "never met", *words)
    # Who began today was not asked yet: another pair of the same two may have been given up today.
    if pair.start_date == stage.today or not stage.dice.chance(STOPS, "stops", *words):
        return None
    return stage.dice.pick(REASONS, "reason to stop", *words)


def _later_end(stage: Stage, pair: Pair) -> date | None:
    start, end = pair.start_date, pair.end_date
    later = months_after(end, 1)
    if end > stage.today or later <= stage.today or later > months_after(start, LONGEST[pair.form]):
        return None
    return later if stage.dice.chance(EXTENDED, "extended", *pair.words, end) else None


async def _close(stage: Stage, session: AsyncSession, closing: Sequence[Pair]) -> None:
    """What nobody answered by now did not happen so; then the guides report what was reached."""
    if not closing:
        return
    disputing: dict[Actor, list[UUID]] = defaultdict(list)
    for row, pair, _ in await _waiting_sessions(session, [pair.id for pair in closing]):
        disputing[stage.person(_person(pair, Side(row.logged_by).other))].append(row.id)
    for actor, ids in disputing.items():
        await sessions.dispute_sessions(session, actor, ids)
    reports = [Report(pair_id=pair.id, attainments=_attainments(stage, pair)) for pair in closing]
    await pairs.close_pairs(session, stage.analyst(), reports)


def _attainments(stage: Stage, pair: Pair) -> tuple[int, ...]:
    start = pair.start_date
    reached = stage.dice.between(52, 97, "reached", *pair.words, start)
    return tuple(
        min(100, reached + 5 * stage.dice.between(-2, 2, "goal reached", *pair.words, start, number))
        for number in range(pair.goals)
    )


async def _react(stage: Stage) -> int:
    """Most say how they found it, some weeks after the end at the latest."""
    async with stage.transaction() as session:
        ended = await session.execute(
            select(PairRow.id, PairRow.employee_id, PairRow.competency, PairRow.ended_on, _number())
            .join(DirectoryEmployee, DirectoryEmployee.id == PairRow.employee_id)
            .where(
                PairRow.status == PairStatus.COMPLETED,
                PairRow.reaction.is_(None),
                PairRow.ended_on > stage.today - REACTED_WITHIN,
            )
            .order_by(PairRow.id)
        )
        done = 0
        for row in ended.all():
            words = (row.employee_number, row.competency, row.ended_on)
            if stage.dice.chance(REACTS, "reacts", *words):
                reaction = stage.dice.pick((2, 3, 3, 4, 4, 4), "reaction", *words)
                await pairs.react(session, stage.person(row.employee_id), row.id, reaction)
                done += 1
    return done


async def _pairs(stage: Stage, session: AsyncSession, status: PairStatus) -> list[Pair]:
    """The pairs of people in the directory that stand so, by id."""
    of_pairs = PairRow.status == status
    told = (
        select(
            SessionRow.pair_id,
            func.max(SessionRow.held_on).label("last_met"),
            func.count().filter(SessionRow.status == SessionStatus.CONFIRMED).label("confirmed"),
        )
        .join(PairRow, PairRow.id == SessionRow.pair_id)
        .where(of_pairs)
        .group_by(SessionRow.pair_id)
        .subquery()
    )
    # Columns and no rows: thousands of pairs are looked at several times a day.
    columns = (PairRow.id, PairRow.mentor_id, PairRow.employee_id, PairRow.competency, PairRow.form, PairRow.origin)
    found: Any = await session.execute(
        select(*columns, PairRow.start_date, PairRow.end_date, _number(), told.c.last_met, told.c.confirmed)
        .add_columns(func.jsonb_array_length(PairRow.goals).label("goals"))
        .join(DirectoryEmployee, DirectoryEmployee.id == PairRow.employee_id)
        .outerjoin(told, told.c.pair_id == PairRow.id)
        .where(of_pairs)
        .order_by(PairRow.id)
    )
    return [
        Pair(
            id=row.id,
            mentor_id=row.mentor_id,
            employee_id=row.employee_id,
            number=row.employee_number,
            competency=row.competency,
            form=Form(row.form),
            of_newcomer=row.origin == Origin.ONBOARDING,
            start_date=row.start_date or stage.today,
            end_date=row.end_date or stage.today,
            goals=row.goals,
            last_met=row.last_met,
            confirmed=row.confirmed or 0,
        )
        for row in found
    ]


def _number() -> Any:
    return DirectoryEmployee.employee_number


def _person(pair: PairRow, side: Side) -> UUID:
    return pair.mentor_id if side is Side.MENTOR else pair.employee_id
