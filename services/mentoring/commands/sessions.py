"""Sessions: told by one side, confirmed or disputed by the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.domain.pairs import Pair, Side
from services.mentoring.domain.sessions import Mode, Session, SessionAction, log_session
from services.mentoring.queries import pairs
from services.mentoring.tables import SessionRow, as_json
from shared import audit, clock
from shared.db import Origin, insert_rows
from shared.delivery import outbox
from shared.errors import Invalid, NotAllowed
from shared.events.mentoring import SessionConfirmed
from shared.identity.actor import Actor, Role
from shared.ids import new_id

ENTERS_FOR_OTHERS = frozenset({Role.ANALYST, Role.UNIT_STAFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One meeting as somebody tells of it, at local times; notes are the pair's own, the summary is for all readers.

    on_behalf_of names the side whose signed form an analyst or the unit's staff enters.
    """

    pair_id: UUID
    held_on: date
    starts_at: time
    minutes: int
    mode: Mode
    topic: str
    goal_number: int | None = None
    summary: str | None = None
    notes: dict[str, str] | None = None
    next_on: date | None = None
    on_behalf_of: Side | None = None
    evidence: str | None = None


async def log_sessions(session: AsyncSession, actor: Actor, told: Sequence[Told]) -> list[Session]:
    """Tell of meetings: all or none."""
    rows = await pairs.pairs_for_update(session, actor, {each.pair_id for each in told})
    before = await pairs.sessions_of(session, rows)
    now = await _local_now(session)
    logged = []
    values = []
    for each in told:
        pair = rows[each.pair_id].to_domain()
        side = await _telling_side(session, actor, pair, each)
        if each.goal_number is not None and each.goal_number > len(rows[each.pair_id].goals):
            raise Invalid("Nomor sasaran tidak ada dalam kesepakatan.")
        held = Session(
            id=new_id(),
            pair_id=pair.id,
            held_on=each.held_on,
            starts_at=each.starts_at,
            minutes=each.minutes,
            logged_by=side,
        )
        log_session(pair, held, before[pair.id], now)
        before[pair.id].append(held)
        logged.append(held)
        values.append(_values(held, each, actor, await clock.now(session)))
        behalf = None if each.on_behalf_of is None else _person_on(pair, side)
        audit.record(session, actor, "log_session", "mentoring_session", held.id, on_behalf_of=behalf)
    await insert_rows(session, SessionRow, values)
    return logged


async def confirm_sessions(
    session: AsyncSession, actor: Actor, session_ids: Sequence[UUID], evidence: str | None
) -> list[Session]:
    """Confirm meetings the other side told of: all or none. With evidence an analyst confirms by the signed form."""
    return await _answer(session, actor, session_ids, SessionAction.CONFIRM, evidence)


async def dispute_sessions(session: AsyncSession, actor: Actor, session_ids: Sequence[UUID]) -> list[Session]:
    """Say that meetings the other side told of did not happen so: all or none."""
    return await _answer(session, actor, session_ids, SessionAction.DISPUTE, None)


async def _answer(
    session: AsyncSession, actor: Actor, session_ids: Sequence[UUID], action: SessionAction, evidence: str | None
) -> list[Session]:
    rows, of_pairs = await pairs.sessions_for_update(session, actor, session_ids)
    moment = await clock.now(session)
    answered = []
    for row in (rows[session_id] for session_id in sorted(rows)):
        pair = of_pairs[row.pair_id].to_domain()
        side, behalf = await _answering_side(session, actor, pair, row, evidence)
        held = row.to_domain()
        done = held.confirm(side) if action is SessionAction.CONFIRM else held.dispute(side)
        row.status, row.answered_at, row.answered_by_actor = done.status, moment, actor.id
        row.evidence = evidence or row.evidence
        audit.record(session, actor, f"{action.lower()}_session", "mentoring_session", row.id, on_behalf_of=behalf)
        if action is SessionAction.CONFIRM:
            outbox.record(session, _confirmed(pair, done), correlation=pair.correlation)
        answered.append(done)
    return answered


async def _telling_side(session: AsyncSession, actor: Actor, pair: Pair, told: Told) -> Side:
    if told.on_behalf_of is not None:
        if not actor.roles & ENTERS_FOR_OTHERS or told.evidence is None:
            raise NotAllowed(
                "Mencatat atas nama orang lain dilakukan oleh analis atau pengelola dengan bukti formulir."
            )
        if told.on_behalf_of is Side.SUPERIOR:
            raise Invalid("Sesi dicatat oleh pendamping atau pegawai yang didampingi.")
        return told.on_behalf_of
    side = await pairs.side_of(session, actor, pair)
    if side is None or side is Side.SUPERIOR:
        raise NotAllowed("Sesi dicatat oleh pendamping atau pegawai yang didampingi.")
    return side


async def _answering_side(
    session: AsyncSession, actor: Actor, pair: Pair, row: SessionRow, evidence: str | None
) -> tuple[Side, UUID | None]:
    if row.logged_by_actor == actor.id:
        raise NotAllowed("Sesi yang Anda catat sendiri dikonfirmasi oleh orang lain.")
    side = await pairs.side_of(session, actor, pair)
    if side in {Side.MENTOR, Side.EMPLOYEE}:
        return Side(side), None
    if Role.ANALYST not in actor.roles or evidence is None:
        raise NotAllowed("Sesi dikonfirmasi oleh pihak yang lain, atau oleh analis dengan bukti formulir.")
    other = Side(row.logged_by).other
    return other, _person_on(pair, other)


def _person_on(pair: Pair, side: Side) -> UUID:
    return pair.mentor_id if side is Side.MENTOR else pair.employee_id


async def _local_now(session: AsyncSession) -> datetime:
    origin: Origin = session.info["origin"]
    return (await clock.now(session)).astimezone(origin.zone).replace(tzinfo=None)


def _values(held: Session, told: Told, actor: Actor, moment: datetime) -> dict[str, object]:
    return {
        "id": held.id,
        "pair_id": held.pair_id,
        "held_on": held.held_on,
        "starts_at": held.starts_at,
        "minutes": held.minutes,
        "mode": told.mode,
        "topic": told.topic,
        "goal_number": told.goal_number,
        "summary": told.summary,
        "notes": None if told.notes is None else as_json(told.notes),
        "next_on": told.next_on,
        "evidence": told.evidence,
        "status": held.status,
        "logged_by": held.logged_by,
        "logged_by_actor": actor.id,
        "logged_at": moment,
    }


def _confirmed(pair: Pair, held: Session) -> SessionConfirmed:
    return SessionConfirmed(
        session_id=held.id,
        pair_id=pair.id,
        employee_id=pair.employee_id,
        competency=pair.competency,
        form=int(pair.form),
        held_on=held.held_on,
        starts_at=held.starts_at,
        minutes=held.minutes,
        need_ids=pair.need_ids,
    )
