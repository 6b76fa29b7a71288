"""A made-up year of an agency as its events tell it: what every service hears, in the proportions of the loop."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.events import evaluation, mentoring, needs, training
from shared.events.contract import Event
from shared.events.employees import EmployeeRecorded
from shared.ids import new_id

CYCLE = 2026
NEW_YEAR = date(CYCLE, 1, 1)
RULES = "2019-01-01"
COMPETENCIES = ("PELAYANAN_PUBLIK", "PENGELOLAAN_ARSIP", "KOMUNIKASI", "ORIENTASI_HASIL", "PENGADAAN", "KERJA_SAMA")
STANDARD, CURRENT = 3, 2
CLASS_SIZE = 25
PEOPLE_PER_SUPERIOR, PEOPLE_PER_UNIT = 12, 60
SESSIONS = 6
UNITS = tuple(new_id() for _ in range(500))
ASSESSED, WITHDRAWN, ORDERED, MISSED, CORRECTED, KEPT = 0.6, 0.03, 0.08, 0.07, 0.03, 0.5
"""Shares: people assessed; items withdrawn; seats that a follow-up asked for; missed, corrected, kept."""

PASS_MARK = 70

REVIEWED, REACHED, ENDED, ESCALATED = 0.4, 0.7, 0.5, 0.1
"""Shares: of classes reviewed at work, of reviews that reach the standard, of follow-ups that end, and how."""

POSITION, PROGRAMS = new_id(), {competency: new_id() for competency in COMPETENCIES}
COACHING, MENTORING, COURSE = 14, 15, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One need with the item of the plan that is to meet it; ordered_by: the follow-up that asks for its seat."""

    need_id: UUID = field(default_factory=new_id)
    plan_item_id: UUID = field(default_factory=new_id)
    employee_id: UUID
    competency: str
    form: int
    ordered_by: UUID | None = None

    @property
    def is_guided(self) -> bool:
        """Whether coaching or mentoring is to meet it."""
        return self.form in {COACHING, MENTORING}

    @property
    def names(self) -> dict[str, Any]:
        """What most events about it say."""
        return {"employee_id": self.employee_id, "competency": self.competency, "cycle": CYCLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event, the day of the year on which it is told, and the story it belongs to."""

    day: float
    event: Event
    correlation: UUID | None = None


@dataclass(slots=True, kw_only=True)
class Year:
    """People as they were on its first day, their cases, and everything that was told in the order of days."""

    chance: random.Random
    people: list[EmployeeRecorded] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def heard_by(self, contracts: Iterable[type[Event]]) -> list[Told]:
        """What somebody hears who listens to these types."""
        wanted = set(contracts)
        return [each for each in self.told if type(each.event) in wanted]


def year_of(people: int, *, seed: int = 7) -> Year:
    """A year with one case per person; the same one every time but for its ids."""
    year = Year(chance=random.Random(seed))
    year.people = _people(people)
    year.cases = [_case(person, year.chance) for person in year.people]
    told = [*_changes_of_people(year), *_planning(year), *_classes(year), *_guidance(year)]
    year.told = sorted(told, key=lambda each: each.day)
    return year


def _people(count: int) -> list[EmployeeRecorded]:
    ids = [new_id() for _ in range(count)]
    return [
        EmployeeRecorded(
            employee_id=each,
            name="Contoh Rekaan",
            employee_number=f"1990{number:08d}201501000",
            employment_type="PNS",
            legal_status="01",
            unit_id=UNITS[number // PEOPLE_PER_UNIT % len(UNITS)],
            position_id=POSITION,
            superior_id=ids[number // PEOPLE_PER_SUPERIOR] if number else None,
            valid_from=date(2020, 1, 1),
        )
        for number, each in enumerate(ids)
    ]


def _case(person: EmployeeRecorded, chance: random.Random) -> Case:
    form = chance.choices((COURSE, COACHING, MENTORING), (75, 10, 15))[0]
    ordered_by = new_id() if form == COURSE and chance.random() < ORDERED else None
    competency = chance.choice(COMPETENCIES)
    return Case(employee_id=person.employee_id, competency=competency, form=form, ordered_by=ordered_by)


def _changes_of_people(year: Year) -> Iterator[Told]:
    """One in six is transferred, gets another superior, or leaves."""
    chance = year.chance
    for person in chance.sample(year.people, len(year.people) // 6):
        change = chance.choices(("unit_id", "superior_id", "legal_status"), (4, 4, 2))[0]
        value = {
            "unit_id": chance.choice(UNITS),
            "superior_id": chance.choice(year.people[: len(year.people) // PEOPLE_PER_SUPERIOR]).employee_id,
            "legal_status": "99",
        }[change]
        yield Told(day=chance.uniform(90, 360), event=person.model_copy(update={change: value}))


def _planning(year: Year) -> Iterator[Told]:
    """Needs are found in January, verified, validated, and planned by the end of March."""
    chance = year.chance
    for case in year.cases:
        names, need = {"need_id": case.need_id, **case.names}, case.need_id
        levels = {"standard_level": STANDARD, "current_level": CURRENT}
        if chance.random() < ASSESSED:
            yield Told(day=chance.uniform(0, 60), event=_assessed(case.employee_id, "CENTRE", NEW_YEAR, COMPETENCIES))
        yield Told(day=chance.uniform(1, 5), event=needs.NeedIdentified(**names, **levels, gap=-1), correlation=need)
        yield Told(day=chance.uniform(10, 40), event=needs.NeedVerified(**names), correlation=need)
        yield Told(day=chance.uniform(45, 60), event=needs.NeedValidated(**names), correlation=need)
        item = needs.PlanItemApproved(plan_item_id=case.plan_item_id, form=case.form, **names, **levels)
        yield Told(day=chance.uniform(70, 75), event=item, correlation=need)
        if chance.random() < WITHDRAWN:
            withdrawn = needs.PlanItemWithdrawn(
                plan_item_id=case.plan_item_id, need_id=need, employee_id=case.employee_id, reason="NO_BUDGET"
            )
            yield Told(day=chance.uniform(76, 90), event=withdrawn, correlation=need)


def _assessed(employee_id: UUID, source: str, on: date, competencies: Iterable[str], level: int = CURRENT) -> Event:
    return needs.CompetencyAssessed(
        assessment_id=new_id(),
        employee_id=employee_id,
        source=source,
        assessed_on=on,
        valid_until=on + timedelta(days=3 * 365),
        levels=dict.fromkeys(competencies, level),
    )


def _classes(year: Year) -> Iterator[Told]:
    trained = [case for case in year.cases if not case.is_guided]
    for competency in COMPETENCIES:
        seats = [case for case in trained if case.competency == competency]
        for first in range(0, len(seats), CLASS_SIZE):
            yield from _class(competency, seats[first : first + CLASS_SIZE], year.chance)


def _class(competency: str, seats: Sequence[Case], chance: random.Random) -> Iterator[Told]:
    day, class_id, program_id = chance.randrange(100, 330), new_id(), PROGRAMS[competency]
    starts = NEW_YEAR + timedelta(days=day)
    ends = starts + timedelta(days=chance.randrange(1, 6))
    planned = training.ClassScheduled(
        class_id=class_id,
        program_id=program_id,
        start_date=starts,
        end_date=ends,
        cost_level=chance.choice(("PAID", "FREE")),
    )
    yield Told(day=day - 30, event=planned)
    for case in seats:
        yield from _seat(case, planned, chance)


def _seat(case: Case, planned: training.ClassScheduled, chance: random.Random) -> Iterator[Told]:
    need = case.need_id
    day = (planned.start_date - NEW_YEAR).days
    seat = {
        "enrolment_id": new_id(),
        "class_id": planned.class_id,
        "program_id": planned.program_id,
        "employee_id": case.employee_id,
    }
    asked = {"need_ids": (need,), "plan_item_id": case.plan_item_id, "follow_up_id": case.ordered_by}
    yield Told(day=day - chance.uniform(5, 20), event=training.EnrolmentConfirmed(**seat, **asked), correlation=need)
    pre, post = chance.randrange(30, 60), chance.choices((60, 75, 90), (20, 50, 30))[0]
    scores = training.LearningMeasured(**seat, pre_score=pre, post_score=post, max_score=100)
    yield Told(day=day + chance.random(), event=scores, correlation=need)
    after = (planned.end_date - NEW_YEAR).days + 1
    if chance.random() < MISSED:
        missed = training.TrainingNotCompleted(**seat, reason="ATTENDANCE", attendance_percent=40)
        yield Told(day=after, event=missed, correlation=need)
        return
    found = {
        **seat,
        **asked,
        "competency": case.competency,
        "learning_hours": 24,
        "pass_mark": PASS_MARK,
        "start_date": planned.start_date,
        "end_date": planned.end_date,
    }
    completed = training.TrainingCompleted(**found, attendance_percent=95)
    yield Told(day=after, event=completed, correlation=need)
    if chance.random() < CORRECTED:
        kept = chance.random() < KEPT
        found |= {"completed": kept, "attendance_percent": 60, "reason": "ATTENDANCE"}
        corrected = training.TrainingCompletionCorrected(**found)
        yield Told(day=after + chance.uniform(2, 20), event=corrected, correlation=need)
    yield from _finished(case, completed, chance, passed=post >= PASS_MARK)


def _finished(
    case: Case, completed: training.TrainingCompleted, chance: random.Random, *, passed: bool
) -> Iterator[Told]:
    """What follows a completed class."""
    after = (completed.end_date - NEW_YEAR).days + 1
    yield from _credited(case, "ENROLMENT", completed.enrolment_id, completed.end_date)
    certificate = training.CertificateIssued(
        certificate_id=new_id(),
        enrolment_id=completed.enrolment_id,
        employee_id=case.employee_id,
        program_id=completed.program_id,
        issued_on=completed.end_date,
    )
    yield Told(day=after, event=certificate, correlation=case.need_id)
    verdict = completed.model_dump(include={"enrolment_id", "class_id", "program_id"})
    yield _concluded(case, after, 2, passed=passed, of=verdict)
    if not passed:
        yield from _followed_up(case, after, "MENTORING", chance)
    elif chance.random() < REVIEWED:
        yield from _reviewed(case, after, verdict, chance)


def _credited(case: Case, origin: str, source_id: UUID, on: date) -> Iterator[Told]:
    credit = training.LearningHoursCredited(
        credit_id=new_id(),
        employee_id=case.employee_id,
        form_code="B10" if origin == "ENROLMENT" else "C1",
        hours=8,
        year=CYCLE,
        ends_on=on,
        origin=origin,
        source_id=source_id,
        rule_version=RULES,
    )
    yield Told(day=(on - NEW_YEAR).days + 1, event=credit, correlation=case.need_id)


def _guidance(year: Year) -> Iterator[Told]:
    for case in year.cases:
        if case.is_guided:
            yield from _guided(case, year)


def _guided(case: Case, year: Year) -> Iterator[Told]:
    chance, need = year.chance, case.need_id
    day = chance.randrange(80, 200)
    request = {"request_id": new_id(), "employee_id": case.employee_id, "plan_item_id": case.plan_item_id}
    about = {"competency": case.competency, "form": case.form, "need_ids": (need,)}
    pair = {"pair_id": new_id(), "mentor_id": chance.choice(year.people).employee_id}
    asked = mentoring.MentoringRequested(**request, **about, origin="PLAN_ITEM")
    yield Told(day=day - 5, event=asked, correlation=need)
    yield Told(day=day - 2, event=mentoring.MentorMatched(**request, **about, **pair), correlation=need)
    starts, ends = NEW_YEAR + timedelta(days=day), NEW_YEAR + timedelta(days=day + 90)
    person = {"pair_id": pair["pair_id"], "employee_id": case.employee_id, "need_ids": (need,)}
    started = mentoring.MentoringStarted(**person, start_date=starts, end_date=ends)
    yield Told(day=day, event=started, correlation=need)
    for number in range(SESSIONS):
        held_on = starts + timedelta(days=number * 90 // SESSIONS + chance.randrange(5))
        held = mentoring.SessionConfirmed(
            session_id=new_id(),
            **person,
            competency=case.competency,
            form=case.form,
            held_on=held_on,
            starts_at=time(9),
            minutes=90,
        )
        yield Told(day=(held_on - NEW_YEAR).days + 0.5, event=held, correlation=need)
        yield from _credited(case, "SESSION", held.session_id, held_on)
    completed = mentoring.MentoringCompleted(
        **request, **about, **pair, start_date=starts, end_date=ends, sessions=SESSIONS, attainment=80
    )
    yield Told(day=day + 91, event=completed, correlation=need)
    yield from _reviewed(case, day + 91, {"pair_id": pair["pair_id"]}, chance)


def _concluded(case: Case, day: float, level: int, *, passed: bool, of: dict[str, Any]) -> Told:
    event = evaluation.EvaluationConcluded(
        evaluation_id=new_id(),
        employee_id=case.employee_id,
        competency=case.competency,
        level=level,
        verdict="EFFECTIVE" if passed else "NOT_EFFECTIVE",
        figure=Decimal("84.00") if passed else Decimal("60.00"),
        gain=Decimal("0.40"),
        rule=f"L{level}_PERSON",
        rule_version=RULES,
        **of,
    )
    return Told(day=day + 0.1, event=event, correlation=case.need_id)


def _reviewed(case: Case, day: float, of: dict[str, Any], chance: random.Random) -> Iterator[Told]:
    """What is found at work after ninety days: most reach the standard, which closes the need."""
    day += 90 + chance.uniform(5, 30)
    passed = chance.random() < REACHED
    concluded = _concluded(case, day, 3, passed=passed, of=of)
    yield concluded
    level, on = STANDARD if passed else CURRENT, NEW_YEAR + timedelta(days=int(day))
    remeasured = evaluation.CompetencyRemeasured(
        evaluation_id=new_id(),
        employee_id=case.employee_id,
        competency=case.competency,
        level=level,
        measured_on=on,
        need_ids=(case.need_id,),
    )
    yield Told(day=day + 0.1, event=remeasured, correlation=case.need_id)
    assessed = _assessed(case.employee_id, "POST_TRAINING", on, [case.competency], level)
    yield Told(day=day + 0.2, event=assessed, correlation=case.need_id)
    if passed:
        closed = needs.NeedClosed(need_id=case.need_id, **case.names, level=level, assessment_id=new_id())
        yield Told(day=day + 0.3, event=closed, correlation=case.need_id)
    else:
        target = chance.choice(("COACHING", "COACHING", "TRAINING", "SUPERIOR"))
        yield from _followed_up(case, day, target, chance)


def _followed_up(case: Case, day: float, target: str, chance: random.Random) -> Iterator[Told]:
    need = case.need_id
    names = {"follow_up_id": new_id(), **case.names, "round": 1}
    due_date = NEW_YEAR + timedelta(days=int(day) + 30)
    plan: dict[str, Any] = {"kind": "REMEDIAL", "cause": "NOT_MASTERED", "target": target, "due_date": due_date}
    plan["need_ids"] = (need,)
    opened = evaluation.FollowUpOpened(**names, **plan, evaluation_id=new_id(), rule="L2_PERSON", rule_version=RULES)
    yield Told(day=day + 0.2, event=opened, correlation=need)
    guide = new_id() if target == "SUPERIOR" else None
    confirmed = evaluation.FollowUpConfirmed(**names, **plan, guide_id=guide)
    yield Told(day=day + chance.uniform(2, 15), event=confirmed, correlation=need)
    if chance.random() < ENDED:
        on = NEW_YEAR + timedelta(days=int(day) + 60)
        done = evaluation.FollowUpDone(**names, done_on=on, evaluate_from=on)
        yield Told(day=day + 60, event=done, correlation=need)
        if chance.random() < ESCALATED:
            given_up = evaluation.FollowUpEscalated(**names, reason="STILL_BELOW_STANDARD", need_ids=(need,))
            yield Told(day=day + 160, event=given_up, correlation=need)
        else:
            closed = evaluation.FollowUpClosed(**names, reason="RESOLVED")
            yield Told(day=day + 160, event=closed, correlation=need)
