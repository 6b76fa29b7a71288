"""The effects of each command in the tables of the services: one if acknowledged, never two, none without a sender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any

from tests.faults.whole.evidence import Evidence
from tests.faults.whole.history import Fate
from tests.faults.whole.people import PASS_MARK, read_number

SHOWN = 5
STEPS = {"enrol": "enrol", "attendance": "record_attendance", "scores": "record_scores", "close": "close_class"}
"""What the audit log of training calls each step of a class."""

Effect = tuple[Hashable, ...]


def broken_effects(found: Evidence) -> Iterator[str]:
    """Every command against its effect, and every chain of effects against its cause."""
    yield from commands_against_effects(found)
    yield from classes_against_verdicts(found)
    yield from follow_ups_against_receivers(found)
    yield from state_of_directories(found)


def commands_against_effects(found: Evidence) -> Iterator[str]:
    """Acknowledged: once (I1, I2); not known: at most once (I2); refused: never; no effect without a sender (I3)."""
    effects = Counter(effects_of(found))
    asked: dict[Effect, Fate] = {effect: fate for token, fate in found.fates.items() for effect in wanted(token, fate)}
    for effect, fate in asked.items():
        count = effects[effect]
        if fate.acknowledged and count == 0:
            yield f"I1 no effect of an acknowledged command: {effect}"
        elif count > 1:
            yield f"I2 {count} effects of one command: {effect}"
        elif fate.status is not None and not fate.acknowledged:
            yield f"I1 refused with {fate.status} after {fate.attempts} attempts: {effect} {fate.answer}"
    for effect in effects.keys() - asked.keys():
        yield f"I3 an effect nobody asked for: {effect}"


def wanted(token: str, fate: Fate) -> Iterator[Effect]:
    """What a command is to bring about, named as effects_of names it."""
    facts = fate.facts
    match fate.kind:
        case "standard":
            yield ("standard", facts["position"], facts["number"])
            yield ("position told", facts["position"], facts["number"])
        case "assessment":
            yield ("assessment", token)
        case "people":
            yield from (("person told", number, token) for number in facts["numbers"])
        case "program":
            yield ("program", facts["code"])
        case "class":
            yield ("class", facts["place"])
        case "confirm":
            yield ("confirm", facts["follow_up"])
            yield ("confirmation told", facts["follow_up"])
        case step:
            yield (step, facts["class_id"])


def effects_of(found: Evidence) -> Iterator[Effect]:
    """What came about, from tables, audit logs and outboxes."""
    for action, subject, details in found.audit["needs"]:
        if action == "set_position_standard":
            yield ("standard", subject, read_number(details["levels"]))
    steps = {action: step for step, action in STEPS.items()}
    yield from ((steps[action], subject) for action, subject, _ in found.audit["training"] if action in steps)
    confirmed = (subject for action, subject, _ in found.audit["evaluation"] if action == "confirm_follow_up")
    yield from (("confirm", subject) for subject in confirmed)
    yield from (("assessment", provider) for provider, _ in found.rows["assessments"])
    yield from (("program", code) for (code,) in found.rows["programs"])
    yield from (("class", place) for place, _, _ in found.rows["classes"])
    yield from _told_effects(found)


def _told_effects(found: Evidence) -> Iterator[Effect]:
    for told in found.told["needs"]:
        data: Any = told.data or {}
        if told.type.endswith(".position_recorded.v1"):
            number = read_number(data["standard_levels"])
            if number is not None:
                yield ("position told", told.key, number)
        elif told.type.endswith(".employee_recorded.v1") and (token := _token(data)):
            yield ("person told", data["employee_number"], token)
    for told in found.told["evaluation"]:
        if told.type.endswith(".follow_up_confirmed.v1"):
            yield ("confirmation told", told.key)


def _token(data: dict[str, Any]) -> str | None:
    """The token in an address that the campaign gave somebody."""
    address = data.get("email") or ""
    token = address.partition("@")[0]
    return token if len(token) == 32 else None


def classes_against_verdicts(found: Evidence) -> Iterator[str]:
    """Each seat of a closed class has one verdict, by its score; no other seat has one (I1, I2, I3)."""
    expected = {
        seat: "EFFECTIVE" if score >= PASS_MARK else "NOT_EFFECTIVE"
        for seat, score, status in found.rows["seats"]
        if status == "CLOSED"
    }
    counts = Counter(seat for seat, _, _ in found.rows["verdicts"])
    verdicts = {seat: verdict for seat, verdict, _ in found.rows["verdicts"]}
    for seat in expected.keys() | verdicts.keys():
        if verdicts.get(seat) != expected.get(seat) or counts[seat] > 1:
            yield f"I1 seat {seat}: {counts[seat]} verdicts {verdicts.get(seat)} in place of {expected.get(seat)}"
    known = Counter(code for (code,) in found.rows["known programs"])
    if known != Counter(code for (code,) in found.rows["programs"]):
        yield "I1 programmes known to evaluation are not those of training"


def follow_ups_against_receivers(found: Evidence) -> Iterator[str]:
    """Each weak verdict has one follow-up, each follow-up one request; a confirmed one its receiver (I1, I2, I3)."""
    weak = Counter(follow_up for _, verdict, follow_up in found.rows["verdicts"] if verdict == "NOT_EFFECTIVE")
    follow_ups = {follow_up: (status, target) for follow_up, status, target in found.rows["follow-ups"]}
    if weak != Counter(list(follow_ups)):
        yield f"I2 {len(follow_ups)} follow-ups of {weak.total()} weak verdicts"
    requests = dict(found.rows["requests"])
    demands = dict(found.rows["demands"])
    for follow_up, (status, target) in follow_ups.items():
        request, demand = requests.pop(follow_up, None), demands.pop(follow_up, None)
        taken = {"MENTORING": ("OPEN", None), "TRAINING": ("WITHDRAWN", "OPEN")}
        expected = ("PROPOSED", None) if status == "OPEN" else taken[target]
        if (request, demand) != expected:
            yield f"I1 follow-up {follow_up} {status} {target}: {request} {demand} in place of {expected}"
    for ghost in requests.keys() | demands.keys():
        yield f"I3 a receiver without follow-up: {ghost}"


def state_of_directories(found: Evidence) -> Iterator[str]:
    """Every directory shows the last change that needs told of a position or a person (I1); mentoring all levels."""
    last: dict[tuple[str, str], Any] = {}
    for told in found.told["needs"]:
        last[told.type, told.key] = told
    for service, directories in found.directories.items():
        for kind, rows in directories.items():
            shown = {row["id"]: row["sequence"] for row in rows}
            newest = {key: told.seq for (each, key), told in last.items() if each == kind and told.data is not None}
            stale = [key for key in newest.keys() | shown.keys() if newest.get(key) != shown.get(key)]
            if stale:
                yield f"I1 {len(stale)} entries of {kind} in {service} are not the last told: {stale[:SHOWN]}"
    levels = {assessment for assessment, _ in found.rows["levels"]}
    if levels != {assessment for _, assessment in found.rows["assessments"]}:
        yield "I1 assessments known to mentoring are not those of needs"
