"""A journey as a timeline: what it waited for, what it waits for now, and what decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.evaluation.handlers.journey import THREADS
from services.evaluation.pages.facts import FACTS, figures_of, tone_of
from services.evaluation.pages.numbers import LABELS, rule_view
from services.evaluation.pages.timeline import Timeline, timeline_of
from services.evaluation.queries.journeys import in_order
from services.evaluation.rules import RULES
from services.evaluation.tables import JourneyEventRow, ReviewRow
from shared.events.catalogue import CONTRACTS
from shared.ids import new_id

BEGIN = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
COMPETENCY = "PELAYANAN_PUBLIK"


def step(
    name: str, day: int, *, causation: str | None = None, service: str = "needs", **data: object
) -> JourneyEventRow:
    return JourneyEventRow(
        event_id=new_id(),
        subject_id=new_id(),
        type=f"bangkom.{service}.{name}.v1",
        happened_at=BEGIN + timedelta(days=day),
        causation=causation,
        correlation=UUID(int=1),
        data=data,
    )


def review(status: str, day: int = 100) -> ReviewRow:
    return ReviewRow(id=new_id(), status=status, due_date=date(2026, 1, 5) + timedelta(days=day))


def timeline(*steps: JourneyEventRow, reviews: tuple[ReviewRow, ...] = (), on: int = 200) -> Timeline:
    return timeline_of(steps, reviews, COMPETENCY, BEGIN + timedelta(days=on))


def waited_for(found: Timeline) -> str | None:
    return found.waits.for_what if found.waits else None


def test_step_names_the_step_that_caused_it_or_how_it_came_about() -> None:
    first = step("need_identified", 0, causation="command:1")
    second = step("need_verified", 1, causation=str(first.event_id))
    others = [step("need_validated", 2, causation=each) for each in ("timer:7", None, str(new_id()))]

    found = timeline(first, second, *others)

    assert [each.caused_by for each in found.steps] == [None, 1, None, None, None]
    assert [each.cause for each in found.steps] == [
        "tindakan seseorang",
        "kejadian di luar perjalanan ini",
        "waktunya tiba",
        "tidak tercatat",
        "kejadian di luar perjalanan ini",
    ]


def test_gap_of_a_week_is_shown_with_what_was_waited_for() -> None:
    found = timeline(step("need_identified", 0), step("need_verified", 6), step("need_validated", 20))

    gaps = [each.waited for each in found.steps]
    assert gaps[:2] == [None, None]
    assert gaps[2] is not None
    assert (gaps[2].for_what, gaps[2].days) == ("validasi oleh analis", 14)


@pytest.mark.parametrize(
    ("last", "waits"),
    [
        (("plan_item_approved", {"form": 15}), "pendamping"),
        (("plan_item_approved", {"form": 14}), "coaching dimulai"),
        (("plan_item_approved", {"form": 8}), "tempat di kelas"),
        (("mentoring_requested", {"origin": "PLAN_ITEM"}), "pendamping"),
        (("follow_up_opened", {}), "konfirmasi tindak lanjut oleh analis"),
        (("follow_up_confirmed", {"target": "SUPERIOR"}), "tugas atasan dilaporkan selesai"),
        (("follow_up_escalated", {}), "keputusan pimpinan unit dan analis"),
        (("evaluation_concluded", {"level": 3, "verdict": "EFFECTIVE"}), "penetapan rencana tahunan"),
        (("certificate_issued", {}), "penetapan rencana tahunan"),
        (("evaluation_concluded", {"level": 2, "verdict": "EFFECTIVE"}), "penetapan rencana tahunan"),
    ],
)
def test_case_waits_for_what_its_last_step_calls_for(last: tuple[str, Mapping[str, Any]], waits: str) -> None:
    name, data = last

    found = timeline(step("need_validated", 0), step(name, 1, **data))

    assert waited_for(found) == waits


def test_verdict_on_behaviour_ends_the_waiting_for_a_review_and_for_nothing_else() -> None:
    concluded: dict[str, Any] = {"level": 3, "verdict": "PARTLY"}

    reviewed = timeline(step("training_completed", 0), step("evaluation_concluded", 95, **concluded))
    meeting = timeline(step("mentoring_started", 0), step("evaluation_concluded", 95, **concluded))

    assert waited_for(reviewed) == "pengukuran yang mencapai standar"
    assert waited_for(meeting) == "sesi dan akhir pendampingan"


def test_request_of_a_follow_up_still_waits_for_a_persons_word() -> None:
    found = timeline(step("follow_up_opened", 0), step("mentoring_requested", 0, origin="FOLLOW_UP"))

    assert waited_for(found) == "konfirmasi tindak lanjut oleh analis"


def test_waiting_counts_from_where_it_began_and_not_from_the_last_step() -> None:
    found = timeline(step("mentoring_started", 0), step("session_confirmed", 30), step("session_confirmed", 60), on=75)

    assert found.waits is not None
    assert (found.waits.since, found.waits.days) == (BEGIN, 75)


@pytest.mark.parametrize(("status", "comes"), [("PLANNED", True), ("OPEN", True), ("NOT_SELECTED", False)])
def test_review_is_waited_for_only_where_one_will_be_held(status: str, comes: bool) -> None:
    found = timeline(step("training_completed", 0), reviews=(review(status),))

    assert (waited_for(found) == "hasilnya ditinjau di tempat kerja") is comes


def test_closed_need_waits_for_nothing_whatever_is_told_later() -> None:
    found = timeline(step("need_identified", 0), step("need_closed", 50), step("follow_up_opened", 51))

    assert (found.waits, found.outcome) == (None, "need_closed")


def test_need_that_comes_back_after_its_end_waits_again() -> None:
    found = timeline(step("need_rejected", 0), step("need_returned", 10))

    assert (waited_for(found), found.outcome) == ("ditinjau kembali oleh unit", None)


def test_every_step_of_a_journey_has_words() -> None:
    told = {contract.type.split(".")[2] for contract in THREADS}

    assert told == set(FACTS)


@pytest.mark.parametrize("name", sorted(FACTS))
def test_figures_of_every_example_are_written_in_words(name: str) -> None:
    contract = next(each for each in CONTRACTS if each.type.split(".")[2] == name)
    data = contract.model_validate(contract.example).model_dump(mode="json")

    shown = figures_of(name, data, COMPETENCY)

    assert all(label and text for label, text in shown)
    assert tone_of(name, data) in {"good", "warn", "bad", "plain"}
    assert {figure.field for figure in FACTS[name].figures} <= set(contract.model_fields)


def test_level_of_the_needs_own_competency_is_shown_of_an_assessment() -> None:
    data = {"source": "CENTRE", "levels": {COMPETENCY: 3, "INTEGRITAS": 1}}

    assert figures_of("competency_assessed", data, COMPETENCY) == [("Sumber", "pusat penilaian"), ("Tingkat", "3")]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_number_of_every_rule_has_a_label_and_its_source(rule: Any) -> None:
    for version in rule.versions:
        view = rule_view(rule.name, version.name)

        assert view is not None
        assert view.source
        labels = {label for label, _ in view.numbers}
        assert labels <= set(LABELS.values())


def test_rule_of_another_service_has_no_numbers_here() -> None:
    assert rule_view("LEARNING_HOURS", "2019-02-01") is None
    assert rule_view(None, None) is None
    assert rule_view("L2_PERSON", "1999-01-01") is None


def test_effect_stands_behind_its_cause_although_its_clock_was_ahead() -> None:
    late = step("plan_item_approved", 2)
    early = step("mentoring_requested", 1, causation=str(late.event_id), service="mentoring")
    following = step("mentor_matched", 3, service="mentoring")

    assert in_order([following, early, late]) == [late, early, following]


def test_steps_of_one_moment_stand_in_the_order_they_were_made() -> None:
    steps = [step("session_confirmed", 1, service="mentoring") for _ in range(3)]

    assert in_order(reversed(steps)) == steps


def test_causes_that_run_in_a_circle_end_somewhere() -> None:
    first, second = step("need_verified", 1), step("need_validated", 2)
    first.causation, second.causation = str(second.event_id), str(first.event_id)

    assert {each.event_id for each in in_order([first, second])} == {first.event_id, second.event_id}
