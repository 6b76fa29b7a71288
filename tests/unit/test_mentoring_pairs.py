"""Pairs and sessions: where actions lead, periods, signatures, closing, and meetings that cannot both be true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mentoring.domain import sessions
from services.mentoring.domain.pairs import (
    ALLOWED,
    REFUSALS,
    Agreement,
    Basis,
    Outcome,
    Pair,
    PairAction,
    PairStatus,
    Side,
    StopReason,
    pair_of,
)
from services.mentoring.domain.requests import Form, Origin, Request
from services.mentoring.domain.sessions import Session, SessionAction, SessionStatus, log_session
from services.mentoring.rules import AGREEMENT
from shared.errors import Conflict, DomainError, Invalid, NotAllowed
from shared.ids import new_id

RULE = AGREEMENT[0]
AGREED = Agreement(
    objective="Melayani warga",
    goals=("Antrean terurai", "Berkas rapi"),
    start_date=date(2026, 4, 1),
    end_date=date(2026, 7, 1),
)
MATCHED = Pair(
    id=new_id(),
    request_id=new_id(),
    mentor_id=new_id(),
    employee_id=new_id(),
    competency="PELAYANAN_PUBLIK",
    form=Form.MENTORING,
    origin=Origin.PLAN_ITEM,
    basis=Basis.MATCHING,
    agreement=AGREED,
    signed=frozenset({Side.MENTOR}),
)
ACTIVE = replace(MATCHED, status=PairStatus.ACTIVE, signed=frozenset({Side.MENTOR, Side.EMPLOYEE}))
LATER = date(2026, 8, 1)
DO: dict[PairAction, Callable[[Pair], object]] = {
    PairAction.DRAFT: lambda pair: pair.draft(AGREED, Side.MENTOR, RULE),
    PairAction.SIGN: lambda pair: pair.sign(Side.SUPERIOR),
    PairAction.START: lambda pair: pair.start(AGREED, RULE),
    PairAction.EXTEND: lambda pair: pair.extend(LATER, RULE),
    PairAction.MEET: lambda pair: pair.require_meeting(),
    PairAction.CLOSE: lambda pair: pair.close((80, 90), confirmed=1, waiting=0, today=LATER)[0],
    PairAction.STOP: lambda pair: pair.stop(),
    PairAction.HAND_OVER: lambda pair: pair.hand_over(new_id()),
}


@pytest.mark.parametrize(("status", "action"), list(product(PairStatus, PairAction)))
def test_every_action_leads_where_the_table_says_or_is_refused(status: PairStatus, action: PairAction) -> None:
    pair = replace(MATCHED, status=status)

    if (status, action) in ALLOWED:
        after = DO[action](pair)
        assert getattr(after, "status", status) is ALLOWED[status, action]
    else:
        with pytest.raises(Conflict) as refusal:
            DO[action](pair)
        assert refusal.value.detail == REFUSALS[action]


@pytest.mark.parametrize(
    ("form", "origin", "end", "accepted"),
    [
        (Form.MENTORING, Origin.PLAN_ITEM, date(2026, 6, 30), False),
        (Form.MENTORING, Origin.PLAN_ITEM, date(2026, 7, 1), True),
        (Form.MENTORING, Origin.PLAN_ITEM, date(2026, 10, 1), True),
        (Form.MENTORING, Origin.PLAN_ITEM, date(2026, 10, 2), False),
        (Form.COACHING, Origin.FOLLOW_UP, date(2026, 4, 30), False),
        (Form.COACHING, Origin.FOLLOW_UP, date(2026, 5, 1), True),
        (Form.COACHING, Origin.FOLLOW_UP, date(2026, 7, 1), True),
        (Form.COACHING, Origin.FOLLOW_UP, date(2026, 7, 2), False),
        (Form.MENTORING, Origin.ONBOARDING, date(2026, 5, 1), True),
        (Form.MENTORING, Origin.ONBOARDING, date(2027, 4, 1), True),
        (Form.MENTORING, Origin.ONBOARDING, date(2027, 4, 2), False),
    ],
)
def test_agreement_lasts_as_long_as_its_kind_may(form: Form, origin: Origin, end: date, accepted: bool) -> None:
    pair, agreement = replace(MATCHED, form=form, origin=origin), replace(AGREED, end_date=end)

    if accepted:
        assert pair.draft(agreement, Side.MENTOR, RULE).agreement == pair.start(agreement, RULE).agreement == agreement
        return
    with pytest.raises(Invalid):
        pair.draft(agreement, Side.MENTOR, RULE)
    with pytest.raises(Invalid):
        pair.start(agreement, RULE)


def test_second_signature_begins_and_the_superiors_is_not_waited_for() -> None:
    drafted = replace(MATCHED, agreement=None, signed=frozenset()).draft(AGREED, Side.EMPLOYEE, RULE)
    with_superior = drafted.sign(Side.SUPERIOR)
    again = with_superior.sign(Side.EMPLOYEE)

    assert (drafted.status, with_superior.status, again.status) == (PairStatus.MATCHED,) * 3
    assert again.sign(Side.MENTOR).status is PairStatus.ACTIVE


def test_new_draft_voids_the_signatures_under_the_old_one() -> None:
    assert MATCHED.sign(Side.SUPERIOR).draft(AGREED, Side.EMPLOYEE, RULE).signed == {Side.EMPLOYEE}


def test_nothing_is_signed_before_it_is_written() -> None:
    with pytest.raises(Conflict):
        replace(MATCHED, agreement=None).sign(Side.MENTOR)


def test_pair_is_extended_to_the_longest_period_and_never_shortened() -> None:
    agreed = ACTIVE.extend(date(2026, 10, 1), RULE).agreement

    assert agreed is not None
    assert agreed.end_date == date(2026, 10, 1)
    for end in (date(2026, 10, 2), AGREED.end_date, date(2026, 6, 1)):
        with pytest.raises(Invalid):
            ACTIVE.extend(end, RULE)


def test_new_superior_has_yet_to_sign_what_has_not_begun() -> None:
    heir = new_id()

    assert (MATCHED.hand_over(heir).signed, MATCHED.hand_over(heir).mentor_id) == (frozenset(), heir)
    assert ACTIVE.hand_over(heir).signed == ACTIVE.signed


@pytest.mark.parametrize(
    ("today", "ends"), [(date(2026, 6, 1), date(2026, 6, 1)), (date(2026, 9, 1), date(2026, 7, 1))]
)
def test_closing_ends_on_the_day_but_not_after_what_was_agreed(today: date, ends: date) -> None:
    _, closing = ACTIVE.close((80, 91), confirmed=6, waiting=0, today=today)

    assert (closing.attainment, closing.sessions, closing.end_date) == (85, 6, ends)


@pytest.mark.parametrize(
    ("attainments", "confirmed", "waiting", "today"),
    [
        ((80, 90), 0, 0, LATER),
        ((80, 90), 1, 1, LATER),
        ((80, 90), 1, 0, date(2026, 3, 31)),
        ((80,), 1, 0, LATER),
        ((80, 90, 100), 1, 0, LATER),
    ],
    ids=["no session", "a session waits", "not begun", "a goal left out", "a goal too many"],
)
def test_pair_is_not_closed_on_half_the_facts(
    attainments: tuple[int, ...], confirmed: int, waiting: int, today: date
) -> None:
    with pytest.raises(DomainError):
        ACTIVE.close(attainments, confirmed=confirmed, waiting=waiting, today=today)


@given(attainments=st.lists(st.integers(0, 100), min_size=2, max_size=2))
def test_attainment_is_the_mean_cut_down_and_achieved_from_70(attainments: list[int]) -> None:
    _, closing = ACTIVE.close(attainments, confirmed=1, waiting=0, today=LATER)

    assert closing.attainment <= sum(attainments) / 2 < closing.attainment + 1
    assert (closing.outcome(RULE) is Outcome.ACHIEVED) == (sum(attainments) >= 140)


def test_request_goes_on_when_only_the_guide_is_the_reason() -> None:
    assert {reason for reason in StopReason if reason.another_guide} == {"GUIDE_LEFT", "NOT_SUITABLE", "NO_TIME"}


def test_nobody_guides_themselves() -> None:
    request = Request(id=new_id(), employee_id=new_id(), competency="X", origin=Origin.OWN)

    with pytest.raises(Invalid):
        pair_of(request, new_id(), request.employee_id, Basis.NAMED)


NOW = datetime.combine(date(2026, 6, 1), time(12))


def held(day: date = date(2026, 5, 4), start: time = time(9), minutes: int = 60) -> Session:
    return Session(id=new_id(), pair_id=ACTIVE.id, held_on=day, starts_at=start, minutes=minutes, logged_by=Side.MENTOR)


@pytest.mark.parametrize(
    ("session", "refusal"),
    [
        (held(), None),
        (held(date(2026, 4, 1)), None),
        (held(date(2026, 3, 31)), Invalid),
        (held(date(2026, 7, 2)), Invalid),
        (held(date(2026, 6, 1), time(11)), None),
        (held(date(2026, 6, 1), time(11, 1)), Invalid),
    ],
    ids=["ok", "first day", "before", "after", "just over", "not over"],
)
def test_session_lies_in_the_agreed_period_and_in_the_past(session: Session, refusal: type[DomainError] | None) -> None:
    if refusal is None:
        assert log_session(ACTIVE, session, [], NOW) == session
    else:
        with pytest.raises(refusal):
            log_session(ACTIVE, session, [], NOW)


starts = st.integers(0, 23 * 60).map(lambda minute: time(minute // 60, minute % 60))


@given(first=starts, second=starts, lengths=st.tuples(st.integers(1, 300), st.integers(1, 300)))
def test_two_meetings_of_a_pair_share_no_minute(first: time, second: time, lengths: tuple[int, int]) -> None:
    one, other = held(start=first, minutes=lengths[0]), held(start=second, minutes=lengths[1])
    minutes = [{each.begins + timedelta(minutes=number) for number in range(each.minutes)} for each in (one, other)]

    if minutes[0] & minutes[1]:
        with pytest.raises(Conflict):
            log_session(ACTIVE, other, [one], NOW)
    else:
        log_session(ACTIVE, other, [one], NOW)
    log_session(ACTIVE, other, [replace(one, status=SessionStatus.DISPUTED)], NOW)


ANSWER = {SessionAction.CONFIRM: Session.confirm, SessionAction.DISPUTE: Session.dispute}


@pytest.mark.parametrize(("status", "action"), list(product(SessionStatus, SessionAction)))
def test_only_the_other_side_answers_and_once(status: SessionStatus, action: SessionAction) -> None:
    session = replace(held(), status=status)

    if (status, action) in sessions.ALLOWED:
        assert ANSWER[action](session, Side.EMPLOYEE).status is sessions.ALLOWED[status, action]
        for side in (Side.MENTOR, Side.SUPERIOR):
            with pytest.raises(NotAllowed):
                ANSWER[action](session, side)
    else:
        with pytest.raises(Conflict):
            ANSWER[action](session, Side.EMPLOYEE)
