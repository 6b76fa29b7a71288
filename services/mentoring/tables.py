"""The tables of mentoring."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, ForeignKey, Index, MetaData, Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.mentoring.domain.levels import Evidence
from services.mentoring.domain.mentors import Mentor, MentorStatus, PauseReason
from services.mentoring.domain.pairs import Agreement, Basis, Pair, PairStatus, Side
from services.mentoring.domain.requests import Form, Origin, Request, RequestStatus, UnitWish, WithdrawalReason
from services.mentoring.domain.sessions import Session, SessionStatus
from shared.db import NAMING, TYPES
from shared.ids import parse_id

LIVING = "status IN ('MATCHED', 'ACTIVE')"


class MentoringBase(DeclarativeBase):
    """Tables that only mentoring has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class RequestRow(MentoringBase):
    """A request for mentoring; a follow-up or a plan item has one at most. due_date is a local date of the agency.

    Whatever changes a request, its pairs or their sessions locks this row first, and needs no other lock of theirs.
    """

    __tablename__ = "requests"
    __table_args__ = (
        Index("ix_requests_status_id", "status", "id"),
        Index("ix_requests_employee_id_id", "employee_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    origin: Mapped[str]
    form: Mapped[int]
    follow_up_id: Mapped[UUID | None] = mapped_column(unique=True)
    plan_item_id: Mapped[UUID | None] = mapped_column(unique=True)
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    guide_id: Mapped[UUID | None]
    required_level: Mapped[int | None]
    current_level: Mapped[int | None]
    unit_wish: Mapped[str]
    due_date: Mapped[date | None]
    status: Mapped[str]
    withdrawal_reason: Mapped[str | None]
    requested_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    def to_domain(self) -> Request:
        """The request as the domain knows it."""
        return request_of(self)


class MentorRow(MentoringBase):
    """What a person offers as a mentor; the id is the employee's. Locked by whoever gives the mentor somebody."""

    __tablename__ = "mentors"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    competencies: Mapped[list[str]] = mapped_column(JSONB)
    capacity: Mapped[int]
    online: Mapped[bool]
    status: Mapped[str]
    pause_reason: Mapped[str | None]
    enlisted_at: Mapped[datetime]

    def to_domain(self) -> Mentor:
        """The mentor as the domain knows it."""
        return Mentor(
            id=self.id,
            competencies=tuple(self.competencies),
            capacity=self.capacity,
            online=self.online,
            status=MentorStatus(self.status),
            pause_reason=PauseReason(self.pause_reason) if self.pause_reason else None,
        )


class ConflictRow(MentoringBase):
    """Two people of whom the second must not mentor the first: a conflict of interest was declared."""

    __tablename__ = "conflicts"

    employee_id: Mapped[UUID] = mapped_column(primary_key=True)
    mentor_id: Mapped[UUID] = mapped_column(primary_key=True)
    declared_at: Mapped[datetime]


class CompetencyRow(MentoringBase):
    """The kind of one competency as the newest record says."""

    __tablename__ = "competencies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)


class LevelRow(MentoringBase):
    """The level 0 to 5 that one assessment found in one competency of one person; valid_until is exclusive."""

    __tablename__ = "assessed_levels"
    __table_args__ = (Index("ix_assessed_levels_competency_employee_id", "competency", "employee_id"),)

    assessment_id: Mapped[UUID] = mapped_column(primary_key=True)
    competency: Mapped[str] = mapped_column(primary_key=True)
    employee_id: Mapped[UUID]
    source: Mapped[str]
    assessed_on: Mapped[date]
    valid_until: Mapped[date | None]
    level: Mapped[int]

    def to_domain(self) -> Evidence:
        """The level as the domain knows it."""
        return Evidence(
            assessment_id=self.assessment_id,
            source=self.source,
            assessed_on=self.assessed_on,
            valid_until=self.valid_until,
            level=self.level,
        )


class MatchingRunRow(MentoringBase):
    """One matching run; unmatched says by request which hard rule left it without a mentor."""

    __tablename__ = "matching_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]
    rule_version: Mapped[str]
    considered: Mapped[int]
    unmatched: Mapped[dict[str, str]] = mapped_column(JSONB)


class ProposalRow(MentoringBase):
    """A mentor proposed for a request, with hundredths of points by part; one waits per request at most."""

    __tablename__ = "proposals"
    __table_args__ = (
        Index("uq_proposals_waiting", "request_id", unique=True, postgresql_where=text("status = 'WAITING'")),
        Index("ix_proposals_run_id", "run_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("matching_runs.id"))
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    employee_id: Mapped[UUID]
    mentor_id: Mapped[UUID]
    points: Mapped[dict[str, int]] = mapped_column(JSONB)
    total: Mapped[int]
    status: Mapped[str]
    decided_at: Mapped[datetime | None]


class PairRow(MentoringBase):
    """A guide and a mentee; a request has one living pair at most. Dates are local dates of the agency."""

    __tablename__ = "pairs"
    __table_args__ = (
        Index("uq_pairs_living", "request_id", unique=True, postgresql_where=text(LIVING)),
        Index("ix_pairs_mentor_id_id", "mentor_id", "id"),
        Index("ix_pairs_employee_id_id", "employee_id", "id"),
        Index("ix_pairs_request_id", "request_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("requests.id"))
    mentor_id: Mapped[UUID]
    employee_id: Mapped[UUID]
    competency: Mapped[str]
    form: Mapped[int]
    origin: Mapped[str]
    basis: Mapped[str]
    follow_up_id: Mapped[UUID | None]
    plan_item_id: Mapped[UUID | None]
    need_ids: Mapped[list[str]] = mapped_column(JSONB)
    status: Mapped[str]
    objective: Mapped[str | None]
    goals: Mapped[list[str]] = mapped_column(JSONB)
    target_level: Mapped[int | None]
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    sessions_per_month: Mapped[int | None]
    signed: Mapped[list[str]] = mapped_column(JSONB)
    evidence: Mapped[str | None]
    matched_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]
    stop_reason: Mapped[str | None]
    attainments: Mapped[list[int]] = mapped_column(JSONB)
    attainment: Mapped[int | None]
    session_count: Mapped[int | None]
    outcome: Mapped[str | None]
    rule_version: Mapped[str | None]
    mentor_note: Mapped[str | None]
    reaction: Mapped[int | None]

    def to_domain(self) -> Pair:
        """The pair as the domain knows it."""
        return pair_of_row(self)


class SessionRow(MentoringBase):
    """One meeting at local times of the agency; notes (GROW) are the pair's own, the summary is for all readers."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_pair_id_held_on", "pair_id", "held_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pair_id: Mapped[UUID] = mapped_column(ForeignKey("pairs.id"))
    held_on: Mapped[date]
    starts_at: Mapped[time]
    minutes: Mapped[int]
    mode: Mapped[str]
    topic: Mapped[str]
    goal_number: Mapped[int | None]
    summary: Mapped[str | None]
    notes: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    next_on: Mapped[date | None]
    evidence: Mapped[str | None]
    status: Mapped[str]
    logged_by: Mapped[str]
    logged_by_actor: Mapped[UUID]
    logged_at: Mapped[datetime]
    answered_by_actor: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]

    def to_domain(self) -> Session:
        """The session as the domain knows it."""
        return Session(
            id=self.id,
            pair_id=self.pair_id,
            held_on=self.held_on,
            starts_at=self.starts_at,
            minutes=self.minutes,
            logged_by=Side(self.logged_by),
            status=SessionStatus(self.status),
        )


REQUEST_COLUMNS = tuple(
    column for column in RequestRow.__table__.columns if column.name not in {"requested_at", "withdrawn_at"}
)
PAIR_COLUMNS = tuple(
    PairRow.__table__.columns[name]
    for name in (
        "id",
        "request_id",
        "mentor_id",
        "employee_id",
        "competency",
        "form",
        "origin",
        "basis",
        "follow_up_id",
        "plan_item_id",
        "need_ids",
        "status",
        "objective",
        "goals",
        "start_date",
        "end_date",
        "target_level",
        "sessions_per_month",
        "signed",
    )
)


def request_of(row: RequestRow | Row[Any]) -> Request:
    """The request of a row, or of its columns alone where many are read."""
    return Request(
        id=row.id,
        employee_id=row.employee_id,
        competency=row.competency,
        origin=Origin(row.origin),
        form=Form(row.form),
        follow_up_id=row.follow_up_id,
        plan_item_id=row.plan_item_id,
        need_ids=tuple(map(parse_id, row.need_ids)),
        guide_id=row.guide_id,
        required_level=row.required_level,
        current_level=row.current_level,
        unit_wish=UnitWish(row.unit_wish),
        due_date=row.due_date,
        status=RequestStatus(row.status),
        withdrawal_reason=WithdrawalReason(row.withdrawal_reason) if row.withdrawal_reason else None,
    )


def pair_of_row(row: PairRow | Row[Any]) -> Pair:
    """The pair of a row, or of its columns alone where many are read."""
    return Pair(
        id=row.id,
        request_id=row.request_id,
        mentor_id=row.mentor_id,
        employee_id=row.employee_id,
        competency=row.competency,
        form=Form(row.form),
        origin=Origin(row.origin),
        basis=Basis(row.basis),
        follow_up_id=row.follow_up_id,
        plan_item_id=row.plan_item_id,
        need_ids=tuple(map(parse_id, row.need_ids)),
        status=PairStatus(row.status),
        agreement=_agreement_of(row),
        signed=frozenset(map(Side, row.signed)),
    )


def _agreement_of(row: PairRow | Row[Any]) -> Agreement | None:
    if row.objective is None or row.start_date is None or row.end_date is None:
        return None
    return Agreement(
        objective=row.objective,
        goals=tuple(row.goals),
        start_date=row.start_date,
        end_date=row.end_date,
        target_level=row.target_level,
        sessions_per_month=row.sessions_per_month,
    )


def request_values(request: Request, requested_at: datetime) -> dict[str, Any]:
    """The row of a request that is written down."""
    return {
        "id": request.id,
        "employee_id": request.employee_id,
        "competency": request.competency,
        "origin": request.origin,
        "form": int(request.form),
        "follow_up_id": request.follow_up_id,
        "plan_item_id": request.plan_item_id,
        "need_ids": as_json(request.need_ids),
        "guide_id": request.guide_id,
        "required_level": request.required_level,
        "current_level": request.current_level,
        "unit_wish": request.unit_wish,
        "due_date": request.due_date,
        "status": request.status,
        "requested_at": requested_at,
    }


def pair_values(pair: Pair, matched_at: datetime) -> dict[str, Any]:
    """The row of a pair that is made."""
    return {
        "id": pair.id,
        "request_id": pair.request_id,
        "mentor_id": pair.mentor_id,
        "employee_id": pair.employee_id,
        "competency": pair.competency,
        "form": int(pair.form),
        "origin": pair.origin,
        "basis": pair.basis,
        "follow_up_id": pair.follow_up_id,
        "plan_item_id": pair.plan_item_id,
        "need_ids": as_json(pair.need_ids),
        "status": pair.status,
        "goals": "[]",
        "signed": "[]",
        "attainments": "[]",
        "matched_at": matched_at,
    }


def as_json(value: object) -> str:
    """The text of a JSON column."""
    # Ids that the database gave are of the driver's own class, which orjson does not know.
    return orjson.dumps(value, default=str).decode()
