"""The checker finds nothing where all is well, and every broken promise that is planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.faults.whole.checker import broken
from tests.faults.whole.evidence import Evidence, Handled, Told
from tests.faults.whole.history import Fate, read_history
from tests.faults.whole.member import SERVICES
from tests.faults.whole.people import LEVELS, read_number, spelled
from tests.faults.whole.wire import Written

POSITION = "00000000-0000-7000-8000-000000000001"
FIRST, SECOND = UUID(int=1), UUID(int=2)
SEAT, FOLLOW_UP = "seat", "follow-up"
KIND = "bangkom.needs.position_recorded.v1"
DIRECTORY_KINDS = (KIND, "bangkom.needs.employee_recorded.v1", "bangkom.needs.unit_recorded.v1")

Plant = Callable[[Evidence], Evidence]


def changed(number: int) -> dict[str, Any]:
    return {"position_id": POSITION, "title": "Analis", "standard_levels": spelled(number)}


def sound() -> Evidence:
    """One position changed twice, one class closed with one weak verdict."""
    told = [
        Told(seq=seq, event_id=event_id, topic="bangkom.reference", key=POSITION, type=KIND, data=changed(seq))
        for seq, event_id in ((1, FIRST), (2, SECOND))
    ]
    log = [
        Written(topic=t.topic, key=t.key, event_id=t.event_id, type=t.type, sequence=t.seq, state=dict(t.data or {}))
        for t in told
    ]
    handled = [Handled(event_id=t.event_id, topic=t.topic, key=t.key, sequence=t.seq) for t in told]
    row: dict[str, Any] = {"id": POSITION, "title": "Analis", "standard_levels": spelled(2), "sequence": 2}
    fates = {
        f"token {number}": Fate(
            kind="standard", facts={"position": POSITION, "number": number}, attempts=1, status=200, answer=""
        )
        for number in (1, 2)
    }
    rows: dict[str, list[tuple[Any, ...]]] = {
        "assessments": [],
        "programs": [],
        "known programs": [],
        "classes": [],
        "levels": [],
        "demands": [],
        "seats": [(SEAT, 50, "CLOSED")],
        "verdicts": [(SEAT, "NOT_EFFECTIVE", FOLLOW_UP)],
        "follow-ups": [(FOLLOW_UP, "CONFIRMED", "MENTORING")],
        "requests": [(FOLLOW_UP, "OPEN")],
    }
    audit: list[tuple[str, str, Any]] = [
        ("set_position_standard", POSITION, {"levels": spelled(number)}) for number in (1, 2)
    ]
    return Evidence(
        fates=fates,
        log=log,
        told={service: told if service == "needs" else [] for service in SERVICES},
        handled=dict.fromkeys(SERVICES, handled),
        left=dict.fromkeys(SERVICES, (0, 0, 0)),
        lag=0,
        directories={
            service: {kind: [row] if kind == KIND else [] for kind in DIRECTORY_KINDS} for service in SERVICES
        },
        audit={service: audit if service == "needs" else [] for service in SERVICES},
        rows=rows,
    )


def with_handled(handled: Callable[[list[Handled]], list[Handled]]) -> Plant:
    return lambda found: replace(found, handled={**found.handled, "training": handled(found.handled["training"])})


def with_log(log: Callable[[list[Written]], list[Written]]) -> Plant:
    return lambda found: replace(found, log=log(found.log))


def with_rows(**rows: list[tuple[Any, ...]]) -> Plant:
    return lambda found: replace(found, rows={**found.rows, **rows})


def with_fate(**fate: Any) -> Plant:
    facts = {"position": POSITION, "number": 3}
    return lambda found: replace(
        found, fates={**found.fates, "third": Fate(kind="standard", facts=facts, attempts=1, **fate)}
    )


def with_audit(*numbers: int) -> Plant:
    entries = [("set_position_standard", POSITION, {"levels": spelled(number)}) for number in numbers]
    return lambda found: replace(found, audit={**found.audit, "needs": [*found.audit["needs"], *entries]})


def with_directory(**fields: Any) -> Plant:
    def plant(found: Evidence) -> Evidence:
        there = found.directories["mentoring"]
        changed_row: dict[str, Any] = {**there[KIND][0], **fields}
        other: dict[str, list[Mapping[str, Any]]] = {**there, KIND: [changed_row]}
        return replace(found, directories={**found.directories, "mentoring": other})

    return plant


PLANTED: dict[str, tuple[str, Plant]] = {
    "an event without effect": ("I1", with_handled(lambda handled: handled[:1])),
    "an event with two effects": ("I2", with_handled(lambda handled: [*handled, handled[1]])),
    "an effect of nothing": ("I3", with_handled(lambda handled: [*handled, replace(handled[1], event_id=UUID(int=9))])),
    "effects out of order": ("I4", with_handled(lambda handled: handled[::-1])),
    "an event not on the log": ("I1", with_log(lambda log: log[:1])),
    "a ghost on the log": ("I3", with_log(lambda log: [*log, replace(log[1], event_id=UUID(int=9), sequence=3)])),
    "events overtaken on the log": ("I4", with_log(lambda log: log[::-1])),
    "an acknowledged command lost": ("I1", with_fate(status=200)),
    "a command refused at its second sending": ("I1", with_fate(status=409)),
    "a command done twice": ("I2", with_audit(2)),
    "a command nobody sent": ("I3", with_audit(4)),
    "a directory that stayed behind": ("I1", with_directory(sequence=1)),
    "a directory that says otherwise": ("I6", with_directory(title="Juru")),
    "something not published": ("I5", lambda found: replace(found, left={**found.left, "needs": (1, 0, 0)})),
    "something held": ("I5", lambda found: replace(found, left={**found.left, "needs": (0, 1, 0)})),
    "lag": ("I5", lambda found: replace(found, lag=3)),
    "a seat without verdict": ("I1", with_rows(verdicts=[])),
    "a wrong verdict": ("I1", with_rows(verdicts=[(SEAT, "EFFECTIVE", FOLLOW_UP)])),
    "a follow-up without request": ("I1", with_rows(requests=[])),
    "a request without follow-up": ("I3", with_rows(requests=[(FOLLOW_UP, "OPEN"), ("other", "OPEN")])),
    "a follow-up in two services": ("I1", with_rows(demands=[(FOLLOW_UP, "OPEN")])),
    "an assessment unknown to mentoring": ("I1", with_rows(assessments=[("third", "id")])),
}


def test_checker_finds_nothing_where_all_is_well() -> None:
    assert broken(sound()) == []


@pytest.mark.parametrize(("promise", "plant"), PLANTED.values(), ids=PLANTED)
def test_checker_finds_each_broken_promise(promise: str, plant: Plant) -> None:
    found = broken(plant(sound()))

    assert any(finding.startswith(promise) for finding in found), found


def test_unknown_outcome_may_have_had_its_effect_or_not() -> None:
    assert broken(with_fate(status=None)(sound())) == []
    assert [f for f in broken(with_audit(3)(with_fate(status=None)(sound()))) if f.startswith("I3")] == []


def test_planted_records_are_expected_to_be_held() -> None:
    held = replace(sound(), left={**sound().left, "needs": (0, 2, 0)})

    assert broken(held, planted=2) == []
    assert broken(held, planted=1) == ["I5 records held beside those planted: 1"]


@pytest.mark.parametrize("number", [0, 1, LEVELS, 7 * LEVELS + 3, LEVELS**5])
def test_number_spelled_as_levels_is_read_again(number: int) -> None:
    assert read_number(spelled(number)) == number


def test_history_tells_attempts_and_answers(tmp_path: Any) -> None:
    attempt = {"do": "attempt", "token": "a", "kind": "close", "facts": {"class_id": "c"}}
    answer = {"do": "answer", "token": "a", "status": 200, "answer": "abc", "replayed": True}
    file = tmp_path / "history.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in (attempt, attempt, answer)))

    [fate] = read_history(file).values()

    assert (fate.attempts, fate.status, fate.replayed, fate.acknowledged) == (2, 200, True, True)
