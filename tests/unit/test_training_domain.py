"""The rules of a class: who may enter, what may be recorded, who has completed."""

from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.training.domain import (
    ALLOWED,
    FORMS,
    Action,
    ClassStatus,
    Enrolment,
    EnrolmentStatus,
    Program,
    Requirement,
    Schedule,
    Scores,
    Terms,
    TrainingClass,
    status_after,
)
from shared.errors import Conflict, DomainError, Invalid, NotFound

MONDAY = date(2026, 3, 2)
WEDNESDAY = date(2026, 3, 4)


def numbered(number: int) -> UUID:
    return UUID(int=number)


def make_class(
    *session_hours: int,
    status: ClassStatus = ClassStatus.SCHEDULED,
    minimum_attendance_percent: int = 80,
    post_test_required: bool = False,
    capacity: int = 30,
) -> TrainingClass:
    terms = Terms(
        competency="PELAYANAN_PUBLIK",
        learning_hours=sum(session_hours),
        minimum_attendance_percent=minimum_attendance_percent,
        post_test_required=post_test_required,
    )
    schedule = Schedule(
        start_date=MONDAY,
        end_date=WEDNESDAY,
        place="Aula BKPSDM",
        capacity=capacity,
        session_hours=session_hours,
    )
    return TrainingClass(id=numbered(1), program_id=numbered(2), form=8, terms=terms, schedule=schedule, status=status)


def make_enrolment(number: int = 10, *, scores: Scores | None = None, needs: tuple[UUID, ...] = ()) -> Enrolment:
    return Enrolment(
        id=numbered(number), class_id=numbered(1), employee_id=numbered(number + 500), need_ids=needs, scores=scores
    )


def out_of_100(pre_score: int | None, post_score: int | None) -> Scores:
    return Scores(pre_score=pre_score, post_score=post_score, max_score=100)


def close_for_one(training_class: TrainingClass, presence: dict[int, bool], scores: Scores | None = None) -> Enrolment:
    enrolment = make_enrolment(scores=scores)
    _, (judged,) = training_class.close([enrolment], {enrolment.id: presence}, WEDNESDAY)
    return judged


# Completion ----------------------------------------------------------------------------------------------------------


def test_completion_needs_four_fifths_of_the_hours_unless_the_programme_says_otherwise() -> None:
    attended_16_of_20 = close_for_one(make_class(8, 8, 4), {1: True, 2: True, 3: False})
    attended_12_of_20 = close_for_one(make_class(8, 8, 4), {1: True, 2: False, 3: True})

    assert attended_16_of_20.status is EnrolmentStatus.COMPLETED
    assert attended_12_of_20.status is EnrolmentStatus.NOT_COMPLETED
    assert attended_12_of_20.judgement is not None
    assert attended_12_of_20.judgement.missed is Requirement.ATTENDANCE
    assert attended_12_of_20.judgement.attendance_percent == 60


def test_completion_does_not_round_attendance_up() -> None:
    two_of_three = close_for_one(make_class(1, 1, 1, minimum_attendance_percent=67), {1: True, 2: True, 3: False})

    assert two_of_three.judgement is not None
    assert two_of_three.judgement.attendance_percent == 66
    assert two_of_three.status is EnrolmentStatus.NOT_COMPLETED


def test_completion_asks_for_the_post_test_where_the_programme_does() -> None:
    strict = make_class(4, post_test_required=True)

    assert close_for_one(strict, {1: True}, out_of_100(50, 90)).status is EnrolmentStatus.COMPLETED
    for scores in (None, out_of_100(50, None)):
        judged = close_for_one(strict, {1: True}, scores)
        assert judged.judgement is not None
        assert judged.judgement.missed is Requirement.POST_TEST


def test_completion_does_not_depend_on_how_good_the_post_test_was() -> None:
    for training_class in (make_class(4), make_class(4, post_test_required=True)):
        assert close_for_one(training_class, {1: True}, out_of_100(90, 0)).status is EnrolmentStatus.COMPLETED


@st.composite
def attended_classes(draw: st.DrawFn) -> tuple[list[int], list[bool], int, bool, Scores | None]:
    hours = draw(st.lists(st.integers(1, 12), min_size=1, max_size=12))
    present = draw(st.lists(st.booleans(), min_size=len(hours), max_size=len(hours)))
    score = st.none() | st.integers(0, 100)
    scores = draw(st.none() | st.builds(out_of_100, score, score))
    return hours, present, draw(st.integers(0, 100)), draw(st.booleans()), scores


@given(attended_classes())
def test_completion_agrees_with_exact_fractions(case: tuple[list[int], list[bool], int, bool, Scores | None]) -> None:
    hours, present, minimum, post_test_required, scores = case
    share = Fraction(sum(h for h, p in zip(hours, present, strict=True) if p), sum(hours))
    enough = share >= Fraction(minimum, 100)
    tested = not post_test_required or (scores is not None and scores.post_score is not None)

    training_class = make_class(*hours, minimum_attendance_percent=minimum, post_test_required=post_test_required)
    judged = close_for_one(training_class, dict(enumerate(present, start=1)), scores)

    assert (judged.status is EnrolmentStatus.COMPLETED) == (enough and tested)
    assert judged.judgement is not None
    assert (judged.judgement.missed is Requirement.ATTENDANCE) == (not enough)
    assert judged.judgement.attendance_percent <= share * 100 < judged.judgement.attendance_percent + 1


# Transitions ---------------------------------------------------------------------------------------------------------


@given(st.sampled_from(ClassStatus), st.sampled_from(Action))
def test_status_follows_the_table_or_is_refused_in_words(status: ClassStatus, action: Action) -> None:
    if (status, action) in ALLOWED:
        assert status_after(status, action) is ALLOWED[status, action]
    else:
        with pytest.raises(Conflict, match=r"\w+ tidak dapat \w+.*: kelas .+\."):
            status_after(status, action)


@given(st.lists(st.sampled_from(Action), max_size=12))
def test_status_once_closed_stays_closed(actions: list[Action]) -> None:
    status = status_after(ClassStatus.SCHEDULED, Action.CLOSE)

    for action in actions:
        try:
            status = status_after(status, action)
        except Conflict:
            continue

    assert status is ClassStatus.CLOSED


def test_class_refuses_everything_but_corrected_scores_once_it_is_closed() -> None:
    closed = make_class(4, status=ClassStatus.CLOSED)
    enrolment = make_enrolment()

    with pytest.raises(Conflict):
        closed.admit([enrolment], seated=set(), known={enrolment.employee_id: True})
    with pytest.raises(Conflict):
        closed.accept_attendance(1, [enrolment.id], seated={enrolment.id}, today=WEDNESDAY)
    with pytest.raises(Conflict):
        closed.close([], {}, WEDNESDAY)
    assert closed.measure([(enrolment.id, out_of_100(40, 75))], {enrolment.id: enrolment})


# Closing -------------------------------------------------------------------------------------------------------------


def test_class_cannot_be_closed_before_its_last_day() -> None:
    with pytest.raises(Conflict, match="04-03-2026"):
        make_class(4).close([], {}, WEDNESDAY - timedelta(days=1))

    closed, judged = make_class(4).close([], {}, WEDNESDAY)

    assert closed.status is ClassStatus.CLOSED
    assert judged == []


def test_class_cannot_be_closed_while_an_attendance_list_is_missing() -> None:
    early, late = make_enrolment(10), make_enrolment(11)
    presence = {early.id: {1: True, 2: True, 3: True}, late.id: {2: False}}

    with pytest.raises(Conflict, match=r"sesi 1, 3\."):
        make_class(4, 4, 4).close([early, late], presence, WEDNESDAY)


# Admission -----------------------------------------------------------------------------------------------------------


def test_admission_names_who_stands_in_the_way() -> None:
    ani, budi, citra = make_enrolment(10), make_enrolment(11), make_enrolment(12)
    everybody = {person.employee_id: True for person in (ani, budi, citra)}

    with pytest.raises(Invalid, match=r"ke-2.*tidak dikenal"):
        make_class(4).admit([ani, budi], seated=set(), known={ani.employee_id: True})
    with pytest.raises(Conflict, match=r"ke-1.*sudah terdaftar"):
        make_class(4).admit([ani, budi], seated={ani.employee_id}, known=everybody)
    with pytest.raises(Conflict, match=r"ke-3.*sudah terdaftar"):
        make_class(4).admit([ani, budi, ani], seated=set(), known=everybody)
    with pytest.raises(Conflict, match=r"ke-2.*tidak aktif"):
        make_class(4).admit([ani, budi], seated=set(), known=everybody | {budi.employee_id: False})


def test_admission_ends_when_the_last_seat_is_taken() -> None:
    ani, budi, citra = make_enrolment(10), make_enrolment(11), make_enrolment(12)
    known = dict.fromkeys([ani.employee_id, budi.employee_id, citra.employee_id], True)

    make_class(4, capacity=3).admit([budi, citra], seated={ani.employee_id}, known=known)
    with pytest.raises(Conflict, match="2 peserta diminta, 1 tempat tersisa"):
        make_class(4, capacity=2).admit([budi, citra], seated={ani.employee_id}, known=known)


def test_enrolment_travels_with_its_need_only_when_there_is_exactly_one() -> None:
    need, other = numbered(800), numbered(801)

    assert make_enrolment(needs=(need,)).correlation_id == need
    assert make_enrolment(10, needs=(need, other)).correlation_id == numbered(10)
    assert make_enrolment(10).correlation_id == numbered(10)


# Attendance and scores -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("session_number", "named", "today", "refusal"),
    [
        (0, [10], MONDAY, NotFound),
        (3, [10], MONDAY, NotFound),
        (1, [10], MONDAY - timedelta(days=1), Conflict),
        (1, [10, 99], MONDAY, Invalid),
        (1, [10, 11, 10], MONDAY, Invalid),
    ],
    ids=["session_zero", "session_beyond_last", "before_start", "stranger", "named_twice"],
)
def test_attendance_that_cannot_be_true_is_refused(
    session_number: int, named: list[int], today: date, refusal: type[DomainError]
) -> None:
    training_class, seated = make_class(4, 4), {numbered(10), numbered(11)}

    training_class.accept_attendance(2, [numbered(10)], seated=seated, today=MONDAY)
    with pytest.raises(refusal):
        training_class.accept_attendance(session_number, [numbered(n) for n in named], seated=seated, today=today)


def test_scores_change_only_where_they_differ() -> None:
    same, corrected, fresh = make_enrolment(10, scores=out_of_100(40, 60)), make_enrolment(11), make_enrolment(12)
    enrolments = {e.id: e for e in (same, corrected, fresh)}

    changed = make_class(4).measure([(same.id, out_of_100(40, 60)), (corrected.id, out_of_100(40, 65))], enrolments)

    assert [(e.id, e.scores) for e in changed] == [(corrected.id, out_of_100(40, 65))]


def test_scores_of_a_closed_class_can_be_corrected_but_not_taken_away() -> None:
    closed, tested = make_class(4, status=ClassStatus.CLOSED), make_enrolment(scores=out_of_100(40, 60))
    enrolments = {tested.id: tested}

    (retested,) = closed.measure([(tested.id, out_of_100(40, 85))], enrolments)

    assert retested.scores == out_of_100(40, 85)
    with pytest.raises(Conflict, match="tidak dapat dihapus"):
        closed.measure([(tested.id, out_of_100(40, None))], enrolments)
    assert make_class(4).measure([(tested.id, out_of_100(40, None))], enrolments)


@given(st.integers(1, 1000), st.integers(-10, 1100), st.booleans())
def test_scores_lie_on_their_scale(max_score: int, score: int, before: bool) -> None:
    pre_score, post_score = (score, None) if before else (None, score)

    if 0 <= score <= max_score:
        Scores(pre_score=pre_score, post_score=post_score, max_score=max_score)
    else:
        with pytest.raises(Invalid):
            Scores(pre_score=pre_score, post_score=post_score, max_score=max_score)


# Programmes and schedules --------------------------------------------------------------------------------------------


@given(st.integers(-5, 40))
def test_program_has_one_of_the_25_forms(form: int) -> None:
    terms = Terms(competency="INTEGRITAS", learning_hours=4)

    if 1 <= form <= 25:
        assert FORMS[Program(id=numbered(1), code="A", title="A", form=form, terms=terms).form]
    else:
        with pytest.raises(Invalid):
            Program(id=numbered(1), code="A", title="A", form=form, terms=terms)


@pytest.mark.parametrize(
    "wrong",
    [{"learning_hours": 0}, {"pass_mark": 101}, {"pass_mark": -1}, {"minimum_attendance_percent": 101}],
    ids=str,
)
def test_terms_refuse_numbers_that_mean_nothing(wrong: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        Terms(**{"competency": "INTEGRITAS", "learning_hours": 4, **wrong})  # type: ignore[arg-type]


def test_schedule_must_hold_together() -> None:
    with pytest.raises(Invalid, match="mendahului"):
        Schedule(start_date=WEDNESDAY, end_date=MONDAY, place="Aula", capacity=1, session_hours=(4,))
    with pytest.raises(Invalid, match="Kapasitas"):
        Schedule(start_date=MONDAY, end_date=MONDAY, place="Aula", capacity=0, session_hours=(4,))
    for session_hours in ((), (4, 0)):
        with pytest.raises(Invalid, match="sesi"):
            Schedule(start_date=MONDAY, end_date=MONDAY, place="Aula", capacity=1, session_hours=session_hours)


def test_class_sessions_add_up_to_the_hours_of_the_programme() -> None:
    terms = Terms(competency="INTEGRITAS", learning_hours=20)
    schedule = Schedule(start_date=MONDAY, end_date=WEDNESDAY, place="Aula", capacity=1, session_hours=(8, 8))

    with pytest.raises(Invalid, match=r"16.*20"):
        TrainingClass(id=numbered(1), program_id=numbered(2), form=8, terms=terms, schedule=schedule)
