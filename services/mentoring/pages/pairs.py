"""Pages of pairs: the list, what waits for the visitor, and one pair with its agreement and meetings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from services.mentoring.domain.pairs import BOTH, LIVING, PairStatus, Side
from services.mentoring.domain.people import in_force_on
from services.mentoring.domain.requests import Form, Origin
from services.mentoring.domain.sessions import SessionStatus
from services.mentoring.pages import words
from services.mentoring.pages.shapes import PREFIX, chosen
from services.mentoring.queries import pairs as queries
from services.mentoring.queries.pairs import PairFilter
from services.mentoring.rules import AGREEMENT
from services.mentoring.tables import PairRow, SessionRow
from shared import clock
from shared.db import Origin as Place
from shared.directory import named_people
from shared.identity.actor import Actor, Role
from shared.lists import Page
from shared.web.seeing import Seeing
from shared.web.shapes import ROWS, AnyoneDoes, AnyoneSees, mark

router = APIRouter()

OVERDUE = "OVERDUE"
MEETINGS = 200
"""Meetings of one pair that its page shows: more than an agreement of a year can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One meeting to be shown; notes are present for the pair alone."""

    row: SessionRow
    begins: datetime
    answerable: bool
    notes: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What the visitor may do with a pair as it stands."""

    draft: bool
    sign: bool
    log: bool
    log_for_others: bool
    answer_for_others: bool
    close: bool
    extend: bool
    stop: bool
    react: bool

    @classmethod
    def of(cls, row: PairRow, actor: Actor, side: Side | None) -> Abilities:
        own = side in BOTH
        guides = side is Side.MENTOR or (Role.ANALYST in actor.roles and side is not Side.EMPLOYEE)
        matched, active = row.status == PairStatus.MATCHED, row.status == PairStatus.ACTIVE
        return cls(
            draft=matched and own,
            sign=matched and row.objective is not None and side is not None and side not in row.signed,
            log=active and own,
            log_for_others=active and not own and bool(actor.roles & {Role.ANALYST, Role.UNIT_STAFF}),
            answer_for_others=active and not own and Role.ANALYST in actor.roles,
            close=active and guides,
            extend=active and guides,
            stop=row.status in LIVING and (own or Role.ANALYST in actor.roles),
            react=row.status not in LIVING and side is Side.EMPLOYEE,
        )


@router.get("/pairs")
async def list_pairs(seeing: AnyoneSees, status: str = "", before: UUID | None = None) -> Response:
    return await pairs_page(seeing, status, "", before)


@router.post("/pairs/search")
async def search_pairs(doing: AnyoneDoes) -> Response:
    """The list by name: sent as a form, since a name has no place in an address."""
    asked = doing.typed

    async def found(seeing: Seeing) -> Response:
        return await pairs_page(seeing, asked.get("status"), asked.get("name"), mark(asked.get("before")))

    return await doing.look(found)


@router.get("/pairs/{pair_id}")
async def show_pair(pair_id: UUID, seeing: AnyoneSees) -> Response:
    return await pair_page(seeing, pair_id)


async def pairs_page(seeing: Seeing, status: str, name: str, before: UUID | None) -> HTMLResponse:
    """The pairs the visitor may see, and the meetings that wait for the visitor's word."""
    today = await clock.today(seeing.session)
    wanted = PairFilter(
        status=chosen(PairStatus, status),
        overdue_on=today if status == OVERDUE else None,
        name=name.strip() or None,
    )
    found = await queries.pairs(seeing.session, seeing.actor, Page(before=before, limit=ROWS + 1), wanted)
    waiting = await queries.sessions_to_answer(seeing.session, seeing.actor, ROWS)
    shown = found[:ROWS]
    about = {row.employee_id for row in shown} | {row.mentor_id for row in shown}
    about |= {person for _, pair in waiting for person in (pair.employee_id, pair.mentor_id)}
    zone = _zone(seeing)
    return await seeing.show(
        "mentoring/pairs.html",
        pairs=shown,
        waiting=[(pair, _begins(row, zone), row) for row, pair in waiting],
        people=await named_people(seeing.session, about),
        more=shown[-1].id if len(found) > ROWS else None,
        begun=before is not None,
        status=status,
        name=name,
        today=today,
        own=seeing.actor.employee_id,
        words=words,
        path=f"{PREFIX}/pairs",
    )


async def pair_page(seeing: Seeing, pair_id: UUID) -> HTMLResponse:
    """One pair as the visitor sees it; NotFound when it is not theirs to see."""
    session, actor = seeing.session, seeing.actor
    row = (await queries.pairs_by_id(session, actor, [pair_id]))[pair_id]
    seeing.note("mentoring_pair", pair_id, row.employee_id, row.mentor_id)
    side = await queries.side_of(session, actor, row.to_domain())
    held = await queries.listed_sessions(session, actor, Page(limit=MEETINGS), pair_id=pair_id)
    today = await clock.today(session)
    able = Abilities.of(row, actor, side)
    zone = _zone(seeing)
    meetings = [_meeting(each, actor, side, able, zone) for each, _ in held]
    return await seeing.show(
        "mentoring/pair.html",
        pair=row,
        side=side,
        able=able,
        meetings=sorted(meetings, key=lambda meeting: meeting.begins, reverse=True),
        waiting=sum(meeting.row.status == SessionStatus.LOGGED for meeting in meetings),
        period=in_force_on(AGREEMENT, today).period_of(Form(row.form), Origin(row.origin)),
        people=await named_people(session, [row.employee_id, row.mentor_id]),
        today=today,
        words=words,
        path=f"{PREFIX}/pairs/{pair_id}",
    )


def _meeting(row: SessionRow, actor: Actor, side: Side | None, able: Abilities, zone: tzinfo) -> Meeting:
    waits = row.status == SessionStatus.LOGGED and row.logged_by_actor != actor.id
    own = side in BOTH
    notes = row.notes if own and row.notes else {}
    return Meeting(
        row=row,
        begins=_begins(row, zone),
        answerable=waits and ((own and row.logged_by != side) or able.answer_for_others),
        notes=[(label, notes[name]) for name, label in words.NOTES.items() if name in notes],
    )


def _begins(row: SessionRow, zone: tzinfo) -> datetime:
    return datetime.combine(row.held_on, row.starts_at, zone)


def _zone(seeing: Seeing) -> tzinfo:
    place: Place = seeing.session.info["origin"]
    return place.zone
