"""Where needs, items and decrees may go; what a change of the person does; hours of an agreement."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.needs import rules
from services.needs.domain.changes import PersonNow, Presence, after_change
from services.needs.domain.evidence import Evidence, EvidenceKind
from services.needs.domain.needs import OPEN, Need, NeedStatus, Reason
from services.needs.domain.plan import (
    Decree,
    ItemStatus,
    Particulars,
    PlanItem,
    PlannedHours,
    WithdrawalReason,
    over_agreement_hours,
)
from shared.errors import Conflict, NotAllowed

SOMEBODY, ANALYST = UUID(int=1), UUID(int=2)
UNIT, OTHER_UNIT, POSITION, OTHER_POSITION = (UUID(int=n) for n in range(3, 7))
FOUND_ON = date(2026, 6, 1)
PROOF = Evidence(
    assessment_id=UUID(int=7),
    kind=EvidenceKind.POST_TRAINING,
    assessed_on=FOUND_ON,
    valid_until=date(2028, 6, 1),
    level=3,
)

NEED_MOVES: dict[str, Callable[[Need], Need]] = {
    "verify": lambda need: need.verify(ANALYST),
    "validate": lambda need: need.validate(ANALYST),
    "return": lambda need: need.give_back(ANALYST, Reason.INCOMPLETE),
    "reject": lambda need: need.reject(ANALYST, Reason.NOT_RELEVANT),
    "plan": lambda need: need.plan(),
    "release": lambda need: need.release(),
    "send back": lambda need: need.send_back(Reason.UNIT_CHANGED),
    "drop": lambda need: need.drop(Reason.EMPLOYEE_LEFT),
    "close": lambda need: need.close(PROOF),
}
NEED_PATHS = {
    "IDENTIFIED": {"verify": "VERIFIED", "reject": "REJECTED", "drop": "REJECTED", "close": "CLOSED"},
    "RETURNED": {"verify": "VERIFIED", "reject": "REJECTED", "drop": "REJECTED", "close": "CLOSED"},
    "VERIFIED": {
        "validate": "VALIDATED", "return": "RETURNED", "reject": "REJECTED", "send back": "RETURNED",
        "drop": "REJECTED", "close": "CLOSED",
    },
    "VALIDATED": {
        "plan": "PLANNED", "return": "RETURNED", "reject": "REJECTED", "send back": "RETURNED", "drop": "REJECTED",
        "close": "CLOSED",
    },
    "PLANNED": {"release": "VALIDATED", "send back": "RETURNED", "drop": "REJECTED", "close": "CLOSED"},
    "CLOSED": {},
    "REJECTED": {},
}  # fmt: skip
ITEM_MOVES: dict[str, Callable[[PlanItem], PlanItem]] = {
    "change": lambda item: item.change(Particulars(form=9)),
    "submit": lambda item: item.submit(UUID(int=9)),
    "recall": lambda item: item.recall(),
    "approve": lambda item: item.approve(),
    "withdraw": lambda item: item.withdraw(WithdrawalReason.MISTAKE),
    "fulfil": lambda item: item.fulfil(),
}
ITEM_PATHS = {
    "PROPOSED": {"change": "PROPOSED", "submit": "SUBMITTED", "withdraw": "WITHDRAWN"},
    "SUBMITTED": {"recall": "PROPOSED", "approve": "APPROVED", "withdraw": "WITHDRAWN"},
    "APPROVED": {"withdraw": "WITHDRAWN", "fulfil": "DONE"},
    "WITHDRAWN": {},
    "DONE": {},
}


def need(status: str = "IDENTIFIED", *, standard: int = 3, current: int = 1) -> Need:
    return Need(
        id=UUID(int=10),
        employee_id=SOMEBODY,
        competency="KOMUNIKASI",
        cycle=2026,
        standard_level=standard,
        current_level=current,
        unit_id=UNIT,
        position_id=POSITION,
        identified_on=FOUND_ON,
        status=NeedStatus(status),
    )


def item(status: str) -> PlanItem:
    return PlanItem(
        id=UUID(int=11),
        need_id=UUID(int=10),
        employee_id=SOMEBODY,
        competency="KOMUNIKASI",
        cycle=2026,
        particulars=Particulars(form=8),
        status=ItemStatus(status),
    )


@pytest.mark.parametrize("status", NeedStatus)
@pytest.mark.parametrize("move", NEED_MOVES)
def test_need_moves_as_written_and_in_no_other_way(status: NeedStatus, move: str) -> None:
    after = NEED_PATHS[status].get(move)

    if after is None:
        with pytest.raises(Conflict):
            NEED_MOVES[move](need(status))
    else:
        assert NEED_MOVES[move](need(status)).status == after


@pytest.mark.parametrize("status", ItemStatus)
@pytest.mark.parametrize("move", ITEM_MOVES)
def test_item_moves_as_written_and_in_no_other_way(status: ItemStatus, move: str) -> None:
    after = ITEM_PATHS[status].get(move)

    if after is None:
        with pytest.raises(Conflict):
            ITEM_MOVES[move](item(status))
    else:
        assert ITEM_MOVES[move](item(status)).status == after


@given(st.lists(st.sampled_from(sorted(NEED_MOVES))))
def test_need_that_is_over_stays_so(moves: list[str]) -> None:
    present = need()
    for move in moves:
        before = present
        try:
            present = NEED_MOVES[move](present)
        except Conflict:
            assert present == before
        assert before.is_open or present == before
    assert (present.closing_level is not None) == (present.status is NeedStatus.CLOSED)


@pytest.mark.parametrize(
    "decide",
    [
        lambda one: one.verify(SOMEBODY),
        lambda one: one.validate(SOMEBODY),
        lambda one: one.reject(SOMEBODY, Reason.NOT_RELEVANT),
        lambda one: one.give_back(SOMEBODY, Reason.INCOMPLETE),
    ],
)
def test_nobody_decides_on_their_own_need(decide: Callable[[Need], Need]) -> None:
    with pytest.raises(NotAllowed):
        decide(need("VERIFIED"))


def test_decree_is_confirmed_once_and_by_somebody_else() -> None:
    decree = Decree(
        id=UUID(int=9), cycle=2026, number="1", decreed_on=FOUND_ON, signatory="Wali Kota Contoh", entered_by=ANALYST
    )

    with pytest.raises(NotAllowed):
        decree.confirm(ANALYST)
    with pytest.raises(Conflict):
        decree.confirm(SOMEBODY).confirm(SOMEBODY)
    with pytest.raises(Conflict):
        decree.confirm(SOMEBODY).cancel()
    with pytest.raises(Conflict):
        decree.cancel().confirm(SOMEBODY)


@given(
    st.sampled_from(sorted(NeedStatus)), st.sampled_from(sorted(EvidenceKind)), st.integers(0, 5), st.integers(-3, 3),
    st.booleans(),
)  # fmt: skip
def test_need_is_met_by_closing_evidence_at_the_standard_not_older_than_it(
    status: NeedStatus, kind: EvidenceKind, level: int, days: int, meant: bool
) -> None:
    day = FOUND_ON + timedelta(days=days)
    evidence = Evidence(
        assessment_id=UUID(int=7), kind=kind, assessed_on=day, valid_until=day + timedelta(days=700), level=level
    )

    met = need(status).is_met_by(evidence, rules.EVIDENCE.on(day), meant=meant)

    is_open = status not in {"CLOSED", "REJECTED"}
    may_close = kind in {"CENTRE", "POST_TRAINING", "CHALLENGE_TEST"}
    assert met == (is_open and may_close and level >= 3 and (days >= 0 or meant))


def person(
    presence: Presence = Presence.ON_DUTY,
    *,
    unit: UUID = UNIT,
    position: UUID = POSITION,
    asks: int = 3,
    proved: int | None = None,
) -> PersonNow:
    levels = {} if proved is None else {"KOMUNIKASI": proved}
    return PersonNow(
        presence=presence, unit_id=unit, position_id=position, standard={"KOMUNIKASI": asks}, levels=levels
    )


CHANGES = [
    ("removed", None, dict.fromkeys(OPEN, "REJECTED")),
    ("retired", person(Presence.LEFT), dict.fromkeys(OPEN, "REJECTED")),
    ("on leave", person(Presence.AWAY), {"VERIFIED": "RETURNED", "VALIDATED": "RETURNED", "PLANNED": "RETURNED"}),
    ("as before", person(), {}),
    ("other unit", person(unit=OTHER_UNIT), {"VERIFIED": "RETURNED"}),
    ("asked less", person(position=OTHER_POSITION, asks=1), dict.fromkeys(OPEN, "REJECTED")),
    ("asked what was proved", person(position=OTHER_POSITION, asks=2, proved=2), dict.fromkeys(OPEN, "REJECTED")),
    ("asked more", person(position=OTHER_POSITION, asks=4), {"VERIFIED": "RETURNED", "VALIDATED": "RETURNED"}),
]  # fmt: skip


@pytest.mark.parametrize(("now", "effect"), [each[1:] for each in CHANGES], ids=[each[0] for each in CHANGES])
@pytest.mark.parametrize("status", sorted(OPEN))
def test_change_of_the_person_has_its_effect(now: PersonNow | None, effect: dict[str, str], status: NeedStatus) -> None:
    before = need(status)

    after = after_change(before, now)

    assert after.status == effect.get(status, status)
    assert (after.reason is None) == (after.status is status)
    if after.is_open and now and now.presence is Presence.ON_DUTY:
        assert (after.unit_id, after.position_id) == (now.unit_id, now.position_id)


@given(st.sampled_from(sorted(OPEN)), st.sampled_from([each[1] for each in CHANGES]))
def test_change_told_twice_has_one_effect(status: NeedStatus, now: PersonNow | None) -> None:
    once = after_change(need(status), now)

    assert not once.is_open or after_change(once, now) == once


@pytest.mark.parametrize(
    ("legal_status", "presence"), [("01", "ON_DUTY"), ("02", "AWAY"), ("03", "AWAY"), ("99", "LEFT"), ("17", "AWAY")]
)
def test_legal_status_says_whether_somebody_is_there(legal_status: str, presence: str) -> None:
    assert rules.PEOPLE.on(FOUND_ON).presence(legal_status) == presence


AGREEMENTS = {SOMEBODY: date(2024, 2, 29), ANALYST: date(2024, 9, 1)}
activities = st.tuples(
    st.sampled_from(sorted(AGREEMENTS)), st.dates(date(2024, 9, 1), date(2029, 12, 31)), st.integers(1, 24)
)


@given(st.lists(activities, max_size=12))
def test_hours_of_an_agreement_are_summed_by_its_own_years(planned: list[tuple[UUID, date, int]]) -> None:
    found = over_agreement_hours(
        [
            PlannedHours(employee_id=who, agreement_from=AGREEMENTS[who], starts_on=day, hours=hours)
            for who, day, hours in planned
        ],
        24,
    )

    expected = set()
    for who, first in AGREEMENTS.items():
        for year in range(2024, 2031):
            begin, end = (year, first.month, first.day), (year + 1, first.month, first.day)
            within = [h for w, d, h in planned if w == who and begin <= (d.year, d.month, d.day) < end]
            if sum(within) > 24:
                expected.add(who)
    assert found == expected
