"""Classes: the list, and one class with its participants, attendance, tests and end."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.training import queries
from services.training.domain import FORMS, ClassStatus, DemandStatus
from services.training.pages.words import CLASS, WORDS
from services.training.queries import DemandFilter, ListedClass
from services.training.tables import ClassRow, ProgramRow
from shared import clock
from shared.identity.actor import Role
from shared.lists import Page
from shared.web.listing import Choice, Column, Listing, add_list, contains
from shared.web.seeing import Seeing, may_see

router = APIRouter()

MANY_DEMANDS = 100
SessionNumber = Annotated[int | None, Query(ge=1, le=500)]


CLASSES = Listing[ListedClass](
    name="Kelas",
    columns=(
        Column(
            "program",
            "Program",
            lambda listed: listed.program_title,
            ProgramRow.title,
            link=lambda listed: f"/training/pages/classes/{listed.training_class.id}",
            note=lambda listed: FORMS[listed.training_class.form],
        ),
        Column("begins", "Mulai", lambda listed: listed.training_class.schedule.start_date, ClassRow.start_date),
        Column("ends", "Berakhir", lambda listed: listed.training_class.schedule.end_date, ClassRow.end_date),
        Column("place", "Tempat", lambda listed: listed.training_class.schedule.place, ClassRow.place),
        Column("seats", "Peserta", lambda listed: listed.seats_taken),
        Column("capacity", "Kapasitas", lambda listed: listed.training_class.schedule.capacity, ClassRow.capacity),
        Column("hours", "JP", lambda listed: listed.training_class.terms.learning_hours, ClassRow.learning_hours),
        Column(
            "status",
            "Keadaan",
            lambda listed: CLASS[listed.training_class.status][0],
            ClassRow.status,
            tone=lambda listed: CLASS[listed.training_class.status][1],
        ),
    ),
    rows=queries.every_class,
    read=queries.listed_class,
    id=ClassRow.id,
    sort="-begins",
    search=contains(ProgramRow.title, ClassRow.place),
    search_title="Program atau tempat",
    choices=(
        Choice(
            "status",
            "Keadaan",
            {code: words for code, (words, _) in CLASS.items()},
            lambda code: ClassRow.status == code,
        ),
    ),
    empty="Belum ada kelas",
    hint="Kelas muncul begitu penyelenggara menjadwalkannya.",
)
add_list(router, "/classes", CLASSES, template="training/classes.html")


@router.get("/classes/{class_id}")
async def show_class(class_id: UUID, page: Annotated[Seeing, may_see()], number: SessionNumber = None) -> Response:
    """One class; number says of which session the attendance is shown to be recorded."""
    return await class_page(page, class_id, number)


async def class_page(page: Seeing, class_id: UUID, number: int | None = None) -> Response:
    """The page of one class."""
    session, actor = page.session, page.actor
    listed = await queries.training_class(session, actor, class_id)
    training_class, today = listed.training_class, await clock.today(session)
    participants = await queries.participants(session, actor, class_id)
    sessions = range(1, len(training_class.schedule.session_hours) + 1)
    recorded = {
        each: sum(1 for participant in participants if each in participant.presence)
        for each in sessions
        if any(each in participant.presence for participant in participants)
    }
    organises, runs = Role.ORGANISER in actor.roles, bool({Role.ORGANISER, Role.FACILITATOR} & actor.roles)
    open_class = training_class.status is ClassStatus.SCHEDULED
    asked = DemandFilter(status=DemandStatus.OPEN, competency=training_class.terms.competency)
    demands = []
    if organises and open_class:
        demands = await queries.demands(session, actor, Page(limit=MANY_DEMANDS), asked)
    return await page.show(
        "training/class.html",
        listed=listed,
        participants=participants,
        sessions=sessions,
        recorded=recorded,
        number=number if number in sessions else next((each for each in sessions if each not in recorded), 1),
        runs=runs and bool(participants),
        organises=organises,
        begun=today >= training_class.schedule.start_date,
        may_close=organises and open_class and today >= training_class.schedule.end_date and bool(participants),
        sees_participants=bool(queries.SEES_PARTICIPANTS & actor.roles),
        demands=demands,
        open_class=open_class,
        words=WORDS,
    )
