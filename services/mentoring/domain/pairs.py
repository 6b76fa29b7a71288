"""Pairs of guide and mentee: what they agree on, and how it ends (LAN 10/2018; SE Kepala BKN 3/2022)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.mentoring.domain.people import months_after
from services.mentoring.domain.requests import Form, Origin, Request
from shared.errors import Conflict, Invalid


class PairStatus(StrEnum):
    """Where a pair stands; MATCHED has not yet agreed on goals."""

    MATCHED = "MATCHED"
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"


class Basis(StrEnum):
    """How the guide was found: by a matching run, as the superior, or named by a person."""

    MATCHING = "MATCHING"
    SUPERIOR = "SUPERIOR"
    NAMED = "NAMED"


class Side(StrEnum):
    """Who signs an agreement or tells of a session; the superior's signature is welcome and never waited for."""

    MENTOR = "MENTOR"
    EMPLOYEE = "EMPLOYEE"
    SUPERIOR = "SUPERIOR"

    @property
    def other(self) -> Side:
        """The other side of the pair."""
        return Side.EMPLOYEE if self is Side.MENTOR else Side.MENTOR


BOTH = frozenset({Side.MENTOR, Side.EMPLOYEE})


class PairAction(StrEnum):
    """What may be done to a pair."""

    DRAFT = "DRAFT"
    SIGN = "SIGN"
    START = "START"
    EXTEND = "EXTEND"
    MEET = "MEET"
    CLOSE = "CLOSE"
    STOP = "STOP"
    HAND_OVER = "HAND_OVER"


ALLOWED: Mapping[tuple[PairStatus, PairAction], PairStatus] = {
    (PairStatus.MATCHED, PairAction.DRAFT): PairStatus.MATCHED,
    (PairStatus.MATCHED, PairAction.SIGN): PairStatus.MATCHED,
    (PairStatus.MATCHED, PairAction.START): PairStatus.ACTIVE,
    (PairStatus.MATCHED, PairAction.HAND_OVER): PairStatus.MATCHED,
    (PairStatus.MATCHED, PairAction.STOP): PairStatus.STOPPED,
    (PairStatus.ACTIVE, PairAction.EXTEND): PairStatus.ACTIVE,
    (PairStatus.ACTIVE, PairAction.MEET): PairStatus.ACTIVE,
    (PairStatus.ACTIVE, PairAction.HAND_OVER): PairStatus.ACTIVE,
    (PairStatus.ACTIVE, PairAction.CLOSE): PairStatus.COMPLETED,
    (PairStatus.ACTIVE, PairAction.STOP): PairStatus.STOPPED,
}

REFUSALS: Mapping[PairAction, str] = {
    PairAction.DRAFT: "Kesepakatan hanya dapat disusun sebelum pendampingan dimulai.",
    PairAction.SIGN: "Kesepakatan hanya dapat ditandatangani sebelum pendampingan dimulai.",
    PairAction.START: "Pendampingan ini sudah dimulai atau sudah berakhir.",
    PairAction.EXTEND: "Hanya pendampingan yang sedang berjalan yang dapat diperpanjang.",
    PairAction.MEET: "Sesi hanya dapat dicatat selama pendampingan berjalan.",
    PairAction.CLOSE: "Hanya pendampingan yang sedang berjalan yang dapat ditutup.",
    PairAction.STOP: "Pendampingan ini sudah berakhir.",
    PairAction.HAND_OVER: "Pendampingan ini sudah berakhir.",
}

LIVING = frozenset({PairStatus.MATCHED, PairStatus.ACTIVE})


class StopReason(StrEnum):
    """Why a pair ended before its time."""

    EMPLOYEE_LEFT = "EMPLOYEE_LEFT"
    GUIDE_LEFT = "GUIDE_LEFT"
    NOT_SUITABLE = "NOT_SUITABLE"
    NO_TIME = "NO_TIME"
    NOT_WANTED = "NOT_WANTED"
    OTHER_PATH = "OTHER_PATH"
    FOLLOW_UP_CLOSED = "FOLLOW_UP_CLOSED"
    REROUTED = "REROUTED"
    PLAN_ITEM_WITHDRAWN = "PLAN_ITEM_WITHDRAWN"

    @property
    def another_guide(self) -> bool:
        """Whether the request goes on with somebody else."""
        return self in {StopReason.GUIDE_LEFT, StopReason.NOT_SUITABLE, StopReason.NO_TIME}


RULES_OUT = frozenset({StopReason.NOT_SUITABLE, StopReason.NO_TIME})
"""Why a guide is not proposed to the same request again."""


class Outcome(StrEnum):
    """How a pair ended."""

    ACHIEVED = "ACHIEVED"
    NOT_ACHIEVED = "NOT_ACHIEVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How many months an agreement lasts, both bounds allowed."""

    at_least: int
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRule:
    """One version of the rule on periods, and on when goals count as achieved (percent, at least)."""

    effective_from: date
    mentoring: Period
    coaching: Period
    onboarding: Period
    achieved_from: int

    @property
    def name(self) -> str:
        """How closings cite the version."""
        return self.effective_from.isoformat()

    def period_of(self, form: Form, origin: Origin) -> Period:
        """The period of one kind of guidance."""
        if origin is Origin.ONBOARDING:
            return self.onboarding
        return self.coaching if form is Form.COACHING else self.mentoring


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What both sides agree on: what for, which goals, from when to when (local dates), how often."""

    objective: str
    goals: tuple[str, ...]
    start_date: date
    end_date: date
    target_level: int | None = None
    sessions_per_month: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One guide and one mentee, with what their request was about."""

    id: UUID
    request_id: UUID
    mentor_id: UUID
    employee_id: UUID
    competency: str
    form: Form
    origin: Origin
    basis: Basis
    follow_up_id: UUID | None = None
    plan_item_id: UUID | None = None
    need_ids: tuple[UUID, ...] = ()
    status: PairStatus = PairStatus.MATCHED
    agreement: Agreement | None = None
    signed: frozenset[Side] = frozenset()

    @property
    def correlation(self) -> UUID:
        """The story the pair belongs to: the need's if there is one, else the request's."""
        return self.need_ids[0] if len(self.need_ids) == 1 else self.request_id

    def draft(self, agreement: Agreement, by: Side, rule: AgreementRule) -> Pair:
        """With an agreement that one side wrote and so signed; signatures under an earlier one are void."""
        self._after(PairAction.DRAFT)
        self._check_period(agreement.start_date, agreement.end_date, rule)
        return replace(self, agreement=agreement, signed=frozenset({by}))

    def sign(self, by: Side) -> Pair:
        """With one more signature; active once both sides have signed."""
        self._after(PairAction.SIGN)
        if self.agreement is None:
            raise Conflict("Belum ada kesepakatan yang dapat ditandatangani.")
        signed = self.signed | {by}
        status = self._after(PairAction.START) if signed >= BOTH else self.status
        return replace(self, signed=signed, status=status)

    def start(self, agreement: Agreement, rule: AgreementRule) -> Pair:
        """Active under an agreement that both sides signed on paper."""
        self._check_period(agreement.start_date, agreement.end_date, rule)
        status = self._after(PairAction.START)
        return replace(self, agreement=agreement, signed=self.signed | BOTH, status=status)

    def extend(self, end_date: date, rule: AgreementRule) -> Pair:
        """With a later end, within the longest period."""
        self._after(PairAction.EXTEND)
        agreed = self.agreed
        if end_date <= agreed.end_date:
            raise Invalid("Tanggal akhir yang baru harus sesudah tanggal akhir yang disepakati.")
        self._check_period(agreed.start_date, end_date, rule)
        return replace(self, agreement=replace(agreed, end_date=end_date))

    def close(self, attainments: Sequence[int], *, confirmed: int, waiting: int, today: date) -> tuple[Pair, Closing]:
        """Completed, with what was reached of each goal in percent."""
        status, agreed = self._after(PairAction.CLOSE), self.agreed
        if today < agreed.start_date:
            raise Conflict("Pendampingan ini belum mulai menurut kesepakatannya.")
        if waiting:
            raise Conflict("Masih ada sesi yang menunggu konfirmasi; konfirmasi atau sanggah lebih dahulu.")
        if not confirmed:
            raise Conflict("Tanpa sesi yang dikonfirmasi kedua pihak, pendampingan hanya dapat dihentikan.")
        if len(attainments) != len(agreed.goals):
            raise Invalid(f"Isi capaian untuk setiap sasaran ({len(agreed.goals)} sasaran).")
        attainment = sum(attainments) // len(attainments)
        closing = Closing(attainment=attainment, sessions=confirmed, end_date=min(today, agreed.end_date))
        return replace(self, status=status), closing

    def stop(self) -> Pair:
        """Ended before its time."""
        return replace(self, status=self._after(PairAction.STOP))

    def hand_over(self, mentor_id: UUID) -> Pair:
        """With the new superior, who has yet to sign what has not begun."""
        return replace(
            self,
            status=self._after(PairAction.HAND_OVER),
            mentor_id=mentor_id,
            signed=self.signed - {Side.MENTOR} if self.status is PairStatus.MATCHED else self.signed,
        )

    def require_meeting(self) -> Agreement:
        """The agreement under which a session may be told of; raises Conflict."""
        self._after(PairAction.MEET)
        return self.agreed

    def require_ended(self) -> None:
        """Raise Conflict while the pair lives."""
        if self.status in LIVING:
            raise Conflict("Pendampingan ini belum berakhir.")

    @property
    def agreed(self) -> Agreement:
        """The agreement of a pair that has begun."""
        assert self.agreement is not None, "a pair begins with an agreement"
        return self.agreement

    def _check_period(self, start: date, end: date, rule: AgreementRule) -> None:
        period = rule.period_of(self.form, self.origin)
        if not months_after(start, period.at_least) <= end <= months_after(start, period.at_most):
            raise Invalid(f"Jangka waktu pendampingan ini {period.at_least} sampai {period.at_most} bulan.")

    def _after(self, action: PairAction) -> PairStatus:
        status = ALLOWED.get((self.status, action))
        if status is None:
            raise Conflict(REFUSALS[action])
        return status


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a completed pair reached: percent of the goals, cut down; sessions both confirmed; its last day."""

    attainment: int
    sessions: int
    end_date: date

    def outcome(self, rule: AgreementRule) -> Outcome:
        """Whether the goals count as achieved."""
        return Outcome.ACHIEVED if self.attainment >= rule.achieved_from else Outcome.NOT_ACHIEVED


def pair_of(request: Request, pair_id: UUID, mentor_id: UUID, basis: Basis) -> Pair:
    """A new pair for a request."""
    if mentor_id == request.employee_id:
        raise Invalid("Seseorang tidak dapat mendampingi dirinya sendiri.")
    return Pair(
        id=pair_id,
        request_id=request.id,
        mentor_id=mentor_id,
        employee_id=request.employee_id,
        competency=request.competency,
        form=request.form,
        origin=request.origin,
        basis=basis,
        follow_up_id=request.follow_up_id,
        plan_item_id=request.plan_item_id,
        need_ids=request.need_ids,
    )
