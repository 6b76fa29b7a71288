"""Pairs: made, agreed on, extended, closed, stopped, handed over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.mentoring.commands.requests import Change, withdraw_requests, write_requests
from services.mentoring.commands.writing import update_rows
from services.mentoring.domain.pairs import (
    Agreement,
    Basis,
    Closing,
    Pair,
    PairStatus,
    Side,
    StopReason,
    pair_of,
)
from services.mentoring.domain.people import in_force_on
from services.mentoring.domain.requests import Request, RequestStatus, WithdrawalReason
from services.mentoring.domain.sessions import SessionStatus
from services.mentoring.queries import pairs, requests
from services.mentoring.rules import AGREEMENT
from services.mentoring.tables import PairRow, as_json, pair_values
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.errors import NotAllowed
from shared.events.mentoring import MentoringCompleted, MentoringStarted, MentoringStopped, MentorMatched
from shared.identity.actor import Actor, Role
from shared.ids import new_id

Causes = Mapping[UUID, Received[Any]]
"""The event behind each request."""

NO_CAUSES: Causes = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """Who is to guide for a request, and how that person was found."""

    request: Request
    mentor_id: UUID
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a pair reached of each of its goals in percent, and the guide's own words."""

    pair_id: UUID
    attainments: tuple[int, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAgreement:
    """An agreement on paper with both signatures; evidence is the mark of the paper in the agency's files."""

    pair_id: UUID
    agreement: Agreement
    evidence: str


async def make_pairs(session: AsyncSession, guides: Sequence[Guide], causes: Causes = NO_CAUSES) -> list[Pair]:
    """Give locked requests their guides and tell of it."""
    if not guides:
        return []
    made = [pair_of(guide.request, new_id(), guide.mentor_id, guide.basis) for guide in guides]
    await write_requests(session, [guide.request.match() for guide in guides])
    moment = await clock.now(session)
    await insert_rows(session, PairRow, [pair_values(pair, moment) for pair in made])
    _tell_matched(session, made, causes)
    return made


async def draft_agreement(session: AsyncSession, actor: Actor, pair_id: UUID, agreement: Agreement) -> Pair:
    """Write down what both are to agree on, and sign it."""
    pair, side = await _own_pair(session, actor, pair_id)
    drafted = pair.draft(agreement, side, in_force_on(AGREEMENT, agreement.start_date))
    await _write_agreements(session, [drafted])
    audit.record(session, actor, "draft_agreement", "mentoring_pair", pair_id, {"side": side.value})
    return drafted


async def sign_agreement(session: AsyncSession, actor: Actor, pair_id: UUID) -> Pair:
    """Sign what the other side wrote; the second of both signatures begins the mentoring."""
    found = await pairs.pairs_for_update(session, actor, [pair_id])
    pair = found[pair_id].to_domain()
    side = await pairs.side_of(session, actor, pair)
    if side is None:
        raise NotAllowed("Kesepakatan ditandatangani oleh pendamping, pegawai, atau atasannya.")
    signed = pair.sign(side)
    await _write_agreements(session, [signed])
    audit.record(session, actor, "sign_agreement", "mentoring_pair", pair_id, {"side": side.value})
    await _tell_started(session, [signed])
    return signed


async def start_pairs(session: AsyncSession, actor: Actor, signed: Sequence[SignedAgreement]) -> list[Pair]:
    """Begin pairs whose agreements came signed on paper: all or none."""
    found = await pairs.pairs_for_update(session, actor, [each.pair_id for each in signed])
    papers = {each.pair_id: each for each in signed}
    for row in found.values():
        require_no_own_case(actor, row.employee_id, row.mentor_id)
    started = [
        found[pair_id].to_domain().start(paper.agreement, in_force_on(AGREEMENT, paper.agreement.start_date))
        for pair_id, paper in sorted(papers.items())
    ]
    await _write_agreements(session, started)
    for pair in started:
        paper = papers[pair.id]
        found[pair.id].evidence = paper.evidence
        audit.record(session, actor, "start_pair", "mentoring_pair", pair.id, on_behalf_of=pair.mentor_id)
    await _tell_started(session, started)
    return started


async def extend_pair(session: AsyncSession, actor: Actor, pair_id: UUID, end_date: date) -> Pair:
    """Agree on a later end; the mentor asks, or an analyst for both."""
    row = (await pairs.pairs_for_update(session, actor, [pair_id]))[pair_id]
    pair = row.to_domain()
    _require_guide_or_analyst(actor, pair)
    extended = pair.extend(end_date, in_force_on(AGREEMENT, row.start_date or end_date))
    row.end_date = end_date
    audit.record(session, actor, "extend_pair", "mentoring_pair", pair_id, {"end_date": end_date.isoformat()})
    return extended


async def close_pairs(session: AsyncSession, actor: Actor, reports: Sequence[Report]) -> list[Pair]:
    """Close pairs at their agreed end with what was reached: all or none."""
    today = await clock.today(session)
    given = {report.pair_id: report for report in reports}
    rows = await pairs.pairs_for_update(session, actor, given)
    held = await pairs.sessions_of(session, rows)
    closed = []
    for pair_id, row in sorted(rows.items()):
        pair, report = row.to_domain(), given[pair_id]
        _require_guide_or_analyst(actor, pair)
        require_no_own_case(actor, pair.employee_id)
        statuses = [each.status for each in held[pair_id]]
        done, closing = pair.close(
            report.attainments,
            confirmed=statuses.count(SessionStatus.CONFIRMED),
            waiting=statuses.count(SessionStatus.LOGGED),
            today=today,
        )
        await _write_closing(session, row, report, closing)
        behalf = None if actor.employee_id == pair.mentor_id else pair.mentor_id
        audit.record(session, actor, "close_pair", "mentoring_pair", pair_id, on_behalf_of=behalf)
        outbox.record(session, _completed(done, closing), correlation=done.correlation)
        closed.append(done)
    found = await requests.locked_requests(session, {pair.request_id for pair in closed})
    await write_requests(session, [request.finish() for request in found.values()])
    return closed


async def stop_pair(session: AsyncSession, actor: Actor, pair_id: UUID, reason: StopReason) -> Pair:
    """End a pair before its time: either side may, and an analyst."""
    row = (await pairs.pairs_for_update(session, actor, [pair_id]))[pair_id]
    pair = row.to_domain()
    if Role.ANALYST not in actor.roles and actor.employee_id not in {pair.mentor_id, pair.employee_id}:
        raise NotAllowed("Pendampingan dihentikan oleh salah satu pihaknya atau oleh analis.")
    stopped = pair.stop()
    found = await requests.locked_requests(session, [pair.request_id])
    await stop_pairs(session, [(found[pair.request_id], stopped)], reason)
    audit.record(session, actor, "stop_pair", "mentoring_pair", pair_id, {"reason": reason.value})
    return stopped


async def react(session: AsyncSession, actor: Actor, pair_id: UUID, reaction: int) -> None:
    """Note how the mentee found it, from 1 to 4, once it has come to an end."""
    row = (await pairs.pairs_for_update(session, actor, [pair_id]))[pair_id]
    pair = row.to_domain()
    if actor.employee_id != pair.employee_id:
        raise NotAllowed("Kesan diberikan oleh pegawai yang didampingi.")
    pair.require_ended()
    row.reaction = reaction
    audit.record(session, actor, "react", "mentoring_pair", pair_id)


async def let_go(
    session: AsyncSession,
    found: Collection[Request],
    reason: WithdrawalReason,
    causes: Causes,
    *,
    begun: bool = False,
) -> None:
    """Let go of locked requests that nobody has begun, and with begun also of pairs at work."""
    waiting = [request for request in found if request.has_not_begun]
    changes = [Change(request=each.withdraw(reason), cause=causes.get(each.id)) for each in waiting]
    await withdraw_requests(session, changes)
    matched = {request.id: request for request in found if request.status is RequestStatus.MATCHED}
    if not matched:
        return
    living = await pairs.living_pairs_of(session, matched)
    stopped = [
        (matched[request_id], pair.stop())
        for request_id, pair in living.items()
        if begun or pair.status is PairStatus.MATCHED
    ]
    await stop_pairs(session, stopped, StopReason(reason.value), causes)


async def stop_pairs(
    session: AsyncSession, stopped: Sequence[tuple[Request, Pair]], reason: StopReason, causes: Causes = NO_CAUSES
) -> list[Request]:
    """Write pairs that the domain stopped, tell of it, and return their requests, given up or waiting again."""
    if not stopped:
        return []
    moment, today = await clock.now(session), await clock.today(session)
    rows = [
        {"id": pair.id, "status": pair.status, "stop_reason": reason, "ended_at": moment, "ended_on": today}
        for _, pair in stopped
    ]
    await update_rows(session, PairRow, rows)
    again = reason.another_guide
    left = [request.reopen() if again else request.stop() for request, _ in stopped]
    await write_requests(session, left)
    for request, pair in stopped:
        event = MentoringStopped(
            pair_id=pair.id,
            request_id=pair.request_id,
            employee_id=pair.employee_id,
            competency=pair.competency,
            reason=reason.value,
            request_reopened=again,
            follow_up_id=pair.follow_up_id,
            plan_item_id=pair.plan_item_id,
            need_ids=pair.need_ids,
        )
        outbox.record(session, event, caused_by=causes.get(request.id), correlation=pair.correlation)
    return left


async def hand_over_pairs(session: AsyncSession, handed: Sequence[Pair], causes: Causes) -> None:
    """Write pairs that went to a new superior, and tell of their new guides; causes are by request."""
    rows = [{"id": pair.id, "mentor_id": pair.mentor_id, "signed": as_json(sorted(pair.signed))} for pair in handed]
    await update_rows(session, PairRow, rows)
    _tell_matched(session, handed, causes)


def require_no_own_case(actor: Actor, *people: UUID) -> None:
    """Raise NotAllowed when somebody decides on what is about themselves, whatever their role."""
    if actor.employee_id in people:
        raise NotAllowed("Tidak seorang pun memutuskan perkaranya sendiri; mintalah rekan Anda.")


async def _own_pair(session: AsyncSession, actor: Actor, pair_id: UUID) -> tuple[Pair, Side]:
    found = await pairs.pairs_for_update(session, actor, [pair_id])
    pair = found[pair_id].to_domain()
    side = await pairs.side_of(session, actor, pair)
    if side is None or side is Side.SUPERIOR:
        raise NotAllowed("Kesepakatan disusun oleh pendamping atau pegawai yang didampingi.")
    return pair, side


def _require_guide_or_analyst(actor: Actor, pair: Pair) -> None:
    if Role.ANALYST not in actor.roles and actor.employee_id != pair.mentor_id:
        raise NotAllowed("Ini dilakukan oleh pendampingnya, atau oleh analis atas namanya.")


async def _write_agreements(session: AsyncSession, changed: Iterable[Pair]) -> None:
    moment = await clock.now(session)
    rows = [
        {
            "id": pair.id,
            "status": pair.status,
            "objective": pair.agreed.objective,
            "goals": as_json(pair.agreed.goals),
            "target_level": pair.agreed.target_level,
            "start_date": pair.agreed.start_date,
            "end_date": pair.agreed.end_date,
            "sessions_per_month": pair.agreed.sessions_per_month,
            "signed": as_json(sorted(pair.signed)),
            "started_at": moment if pair.status is PairStatus.ACTIVE else None,
        }
        for pair in changed
    ]
    await update_rows(session, PairRow, rows)


async def _write_closing(session: AsyncSession, row: PairRow, report: Report, closing: Closing) -> None:
    rule = in_force_on(AGREEMENT, closing.end_date)
    row.status = PairStatus.COMPLETED
    row.attainments, row.attainment = list(report.attainments), closing.attainment
    row.session_count, row.ended_on, row.ended_at = closing.sessions, closing.end_date, await clock.now(session)
    row.outcome, row.rule_version = closing.outcome(rule), rule.name
    row.mentor_note = report.note


def _tell_matched(session: AsyncSession, made: Iterable[Pair], causes: Causes) -> None:
    for pair in made:
        event = MentorMatched(
            pair_id=pair.id,
            request_id=pair.request_id,
            mentor_id=pair.mentor_id,
            employee_id=pair.employee_id,
            competency=pair.competency,
            form=int(pair.form),
            follow_up_id=pair.follow_up_id,
            plan_item_id=pair.plan_item_id,
            need_ids=pair.need_ids,
        )
        outbox.record(session, event, caused_by=causes.get(pair.request_id), correlation=pair.correlation)


async def _tell_started(session: AsyncSession, changed: Iterable[Pair]) -> None:
    for pair in changed:
        if pair.status is PairStatus.ACTIVE:
            event = MentoringStarted(
                pair_id=pair.id,
                employee_id=pair.employee_id,
                start_date=pair.agreed.start_date,
                end_date=pair.agreed.end_date,
                need_ids=pair.need_ids,
            )
            outbox.record(session, event, correlation=pair.correlation)


def _completed(pair: Pair, closing: Closing) -> MentoringCompleted:
    return MentoringCompleted(
        pair_id=pair.id,
        request_id=pair.request_id,
        mentor_id=pair.mentor_id,
        employee_id=pair.employee_id,
        competency=pair.competency,
        form=int(pair.form),
        start_date=pair.agreed.start_date,
        end_date=closing.end_date,
        sessions=closing.sessions,
        attainment=closing.attainment,
        follow_up_id=pair.follow_up_id,
        plan_item_id=pair.plan_item_id,
        need_ids=pair.need_ids,
    )
