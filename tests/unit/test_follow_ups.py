"""Follow-ups as a table of what may happen, and cases settled against a second, plain telling of the same rules."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.domain.evaluations import (
    BEHAVIOUR,
    LEARNING,
    Activity,
    ActivityKind,
    Case,
    Conclusion,
    Evaluation,
    Signal,
    Verdict,
)
from services.evaluation.domain.follow_ups import (
    ALLOWED,
    Action,
    CaseFile,
    ClosingReason,
    FollowUp,
    FollowUpStatus,
    Turn,
)
from services.evaluation.domain.rules import FollowUpPlan, Target
from shared.errors import Conflict, Invalid

CASE = Case(UUID(int=1), "PELAYANAN_PUBLIK", 2026)
TODAY = date(2026, 6, 2)
TARGETS = {
    Signal.LEARNING_FAILED: Target.MENTORING,
    Signal.BEHAVIOUR_DEFICIT: Target.COACHING,
    Signal.GAP_REMAINS: Target.TRAINING,
    Signal.NO_OPPORTUNITY_OR_SUPPORT: Target.SUPERIOR,
}


def plan_to(target: Target) -> FollowUpPlan:
    return FollowUpPlan(kind=target.value, cause="X", target=target, due_in_days=30)


def evaluation(
    signal: Signal | None, *, ordered_by: UUID | None = None, level: int | None = None, verdict: Verdict | None = None
) -> Evaluation:
    learned = signal in {None, Signal.LEARNING_FAILED}
    return Evaluation(
        id=uuid4(),
        activity=Activity(
            kind=ActivityKind.TRAINING,
            id=uuid4(),
            employee_id=CASE.employee_id,
            competency=CASE.competency,
            end_date=date(2026, 3, 4),
            follow_up_id=ordered_by,
        ),
        level=level or (LEARNING if learned else BEHAVIOUR),
        conclusion=Conclusion(
            verdict=verdict or (Verdict.NOT_EFFECTIVE if signal else Verdict.EFFECTIVE),
            figure=Decimal("2.00"),
            gain=None,
            rule="R",
            rule_version="2019-01-01",
            signal=signal,
        ),
        plans=(plan_to(TARGETS[signal]),) if signal else (),
    )


def numbered() -> Iterator[UUID]:
    return (UUID(int=number) for number in count(100))


def a_file() -> CaseFile:
    numbers = numbered()
    return CaseFile(case=CASE, rounds=2, today=TODAY, new_id=lambda: next(numbers))


def done(file: CaseFile) -> FollowUp:
    """The active follow-up, carried out."""
    assert file.active is not None
    finished = replace(file.active, status=FollowUpStatus.DONE)
    file.take_in(finished)
    return finished


@pytest.mark.parametrize("status", FollowUpStatus)
@pytest.mark.parametrize("action", Action)
def test_what_the_table_does_not_allow_is_refused(status: FollowUpStatus, action: Action) -> None:
    file = a_file()
    file.settle(evaluation(Signal.LEARNING_FAILED))
    assert file.active is not None
    follow_up = replace(file.active, status=status)

    if (status, action) in ALLOWED:
        assert follow_up.after(action).status is ALLOWED[status, action]
    else:
        with pytest.raises(Conflict):
            follow_up.after(action)


def test_what_was_not_mastered_may_go_to_a_class_instead_of_a_mentor_and_nothing_else_may() -> None:
    file = a_file()
    file.settle(evaluation(Signal.LEARNING_FAILED))
    assert file.active is not None

    assert file.active.confirmed(Target.TRAINING, None).plan.target is Target.TRAINING
    with pytest.raises(Invalid):
        file.active.confirmed(Target.SUPERIOR, UUID(int=5))


def test_coaching_needs_a_superior() -> None:
    file = a_file()
    file.settle(evaluation(Signal.BEHAVIOUR_DEFICIT))
    assert file.active is not None

    with pytest.raises(Conflict, match="atasan"):
        file.active.confirmed(None, None)


def test_passed_test_ends_what_a_failed_test_began_and_not_what_behaviour_did() -> None:
    for signal, ends in ((Signal.LEARNING_FAILED, True), (Signal.BEHAVIOUR_DEFICIT, False)):
        file = a_file()
        file.settle(evaluation(signal))
        ordering = done(file)

        file.settle(evaluation(None, ordered_by=ordering.id, level=LEARNING))

        assert (file.active is None) == ends
        file.settle(evaluation(None, ordered_by=ordering.id, level=BEHAVIOUR))
        assert file.known[ordering.id].closing_reason is ClosingReason.RESOLVED


def test_nothing_measured_ends_nothing() -> None:
    file = a_file()
    file.settle(evaluation(Signal.BEHAVIOUR_DEFICIT))
    ordering = done(file)

    file.settle(evaluation(None, ordered_by=ordering.id, level=BEHAVIOUR, verdict=Verdict.NOT_ENOUGH_DATA))

    assert file.active == ordering


@given(st.lists(st.sampled_from(Signal), min_size=1, max_size=6))
def test_plan_of_a_round_follows_the_strongest_signal_so_far(signals: list[Signal]) -> None:
    file = a_file()

    for signal in signals:
        file.settle(evaluation(signal))

    assert file.active is not None
    assert (file.active.round, file.active.plan.target) == (1, TARGETS[max(signals)])
    others = [follow_up for follow_up in file.known.values() if follow_up != file.active]
    assert {other.closing_reason for other in others} <= {ClosingReason.REROUTED}
    climbs = sum(later > max(signals[:index]) for index, later in enumerate(signals) if index)
    assert len(others) == climbs


@given(st.lists(st.booleans(), max_size=6))
def test_rounds_run_until_one_helps_or_two_did_not(helped: list[bool]) -> None:
    file = a_file()
    file.settle(evaluation(Signal.BEHAVIOUR_DEFICIT))

    for good in helped:
        if file.active is None:
            break
        ordering = done(file)
        signal = None if good else Signal.BEHAVIOUR_DEFICIT
        file.settle(evaluation(signal, ordered_by=ordering.id, level=BEHAVIOUR))

    told = [(step.turn, step.follow_up.round, step.follow_up.closing_reason) for step in file.steps]
    expected: list[tuple[Turn, int, ClosingReason | None]] = [(Turn.OPENED, 1, None)]
    for number, good in enumerate(helped[:2], start=1):
        if good:
            expected.append((Turn.CLOSED, number, ClosingReason.RESOLVED))
            break
        if number == 2:
            expected.append((Turn.ESCALATED, 2, None))
            break
        expected += [(Turn.CLOSED, 1, ClosingReason.NOT_RESOLVED), (Turn.OPENED, 2, None)]
    assert told == expected


@given(st.lists(st.tuples(st.none() | st.sampled_from(Signal), st.booleans()), max_size=12))
def test_a_case_never_has_two_active_follow_ups_nor_a_third_round(
    story: list[tuple[Signal | None, bool]],
) -> None:
    file = a_file()

    for signal, was_ordered in story:
        ordering = done(file) if was_ordered and file.active else None
        settled = file.settle(evaluation(signal, ordered_by=ordering.id if ordering else None))
        assert sum(follow_up.is_active for follow_up in file.known.values()) <= 1
        assert all(follow_up.round <= 2 for follow_up in file.known.values())
        if settled.follow_up_id is not None:
            assert settled.follow_up_id in file.known
        opened = [step.follow_up.id for step in file.steps if step.turn is Turn.OPENED]
        assert len(opened) == len(set(opened))
