"""What must hold when all is quiet again: I1 to I6, whatever happened before.

I1 nothing lost, I2 nothing twice, I3 nothing invented, I4 in order, I5 a clean end, I6 pages agree with the events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from tests.faults.whole.effects import broken_effects
from tests.faults.whole.evidence import DIRECTORIES, Evidence
from tests.faults.whole.installation import handled_by
from tests.faults.whole.member import SERVICES

SHOWN = 5
IDENTIFIED_BY = {
    "bangkom.needs.employee_recorded.v1": "employee_id",
    "bangkom.needs.unit_recorded.v1": "unit_id",
    "bangkom.needs.position_recorded.v1": "position_id",
}


def broken(found: Evidence, *, planted: int = 0, forgotten: Collection[UUID] = ()) -> list[str]:
    """Every promise that was not kept, in a few words each.

    planted is the number of records held on purpose; forgotten are events whose publisher lost its database.
    """
    checks: tuple[Callable[[Evidence], Iterator[str]], ...] = (
        in_order_on_the_log,
        in_order_in_effect,
        directories_agree,
        broken_effects,
    )
    return [
        *clean_end(found, planted),
        *delivered_once(found, forgotten),
        *on_the_log(found, forgotten),
        *(finding for check in checks for finding in check(found)),
    ]


def summary(found: Evidence) -> dict[str, int]:
    """How much there was to go wrong."""
    fates = found.fates.values()
    return {
        "commands": len(found.fates),
        "acknowledged": sum(fate.acknowledged for fate in fates),
        "sent_again": sum(fate.attempts > 1 for fate in fates),
        "answered_from_memory": sum(fate.replayed for fate in fates),
        "given_up": sum(fate.status is None for fate in fates),
        "events": sum(len(told) for told in found.told.values()),
        "records": len(found.log),
        "effects": sum(len(handled) for handled in found.handled.values()),
    }


def delivered_once(found: Evidence, forgotten: Collection[UUID]) -> Iterator[str]:
    """Each event took effect once in each service that listens to it (I1, I2), and nothing else did (I3)."""
    lost = set(forgotten)
    types_of = {record.event_id: record.type for record in found.log if record.event_id in lost}
    for service in SERVICES:
        types = {contract.type for contract in handled_by(service)}
        expected = {told.event_id for all_told in found.told.values() for told in all_told if told.type in types}
        expected |= {event_id for event_id, kind in types_of.items() if kind in types}
        counts = Counter(handled.event_id for handled in found.handled[service])
        yield from _some("I1", f"events without effect in {service}", expected - counts.keys())
        yield from _some("I2", f"events with two effects in {service}", (e for e, count in counts.items() if count > 1))
        yield from _some("I3", f"effects in {service} of events nobody told", counts.keys() - expected)


def on_the_log(found: Evidence, forgotten: Collection[UUID]) -> Iterator[str]:
    """What was told stands on the log (I1), and nothing else does: no ghost of what was rolled back (I3)."""
    told = {each.event_id for all_told in found.told.values() for each in all_told}
    written = {record.event_id for record in found.log}
    yield from _some("I1", "events that are not on the log", told - written)
    yield from _some("I3", "ghosts on the log", written - told - set(forgotten))


def in_order_on_the_log(found: Evidence) -> Iterator[str]:
    """At its first delivery no event of a key stands behind a later one (I4): seen on the log, before anybody sorts."""
    first: set[UUID] = set()
    newest: dict[tuple[str, str], int] = {}
    overtaken = []
    for record in found.log:
        if record.event_id not in first:
            first.add(record.event_id)
            key = (record.topic, record.key)
            if record.sequence <= newest.get(key, -1):
                overtaken.append(record.event_id)
            newest[key] = max(record.sequence, newest.get(key, -1))
    yield from _some("I4", "events overtaken on the log", overtaken)


def in_order_in_effect(found: Evidence) -> Iterator[str]:
    """Events of a key take effect in the order of their sequence in every service (I4)."""
    for service in SERVICES:
        newest: dict[tuple[str, str], int] = {}
        overtaken = []
        for handled in found.handled[service]:
            key = (handled.topic, handled.key)
            if handled.sequence <= newest.get(key, -1):
                overtaken.append(handled.event_id)
            newest[key] = max(handled.sequence, newest.get(key, -1))
        yield from _some("I4", f"effects out of order in {service}", overtaken)


def clean_end(found: Evidence, planted: int) -> Iterator[str]:
    """Nothing waits anywhere, and only what was planted is held (I5)."""
    held = sum(held for _, held, _ in found.left.values())
    figures = {
        "events not published": sum(owed for owed, _, _ in found.left.values()),
        "keys refused": sum(refused for _, _, refused in found.left.values()),
        "records of lag": found.lag,
        "records held beside those planted": held - planted,
    }
    yield from (f"I5 {what}: {figure}" for what, figure in figures.items() if figure)


def directories_agree(found: Evidence) -> Iterator[str]:
    """Every directory is what the log says when it is read from its beginning (I6)."""
    for kind in DIRECTORIES:
        rebuilt = _rebuilt(found, kind)
        for service in SERVICES:
            rows = {row["id"]: row for row in found.directories[service][kind]}
            differing = [key for key in rebuilt.keys() | rows.keys() if rebuilt.get(key) != rows.get(key)]
            yield from _some("I6", f"entries of {kind} in {service} that the log knows otherwise", differing)


def _rebuilt(found: Evidence, kind: str) -> dict[str, Mapping[str, Any]]:
    newest: dict[str, Any] = {}
    for record in found.log:
        if record.type == kind and (record.key not in newest or record.sequence > newest[record.key].sequence):
            newest[record.key] = record
    rows: dict[str, Mapping[str, Any]] = {}
    for key, record in newest.items():
        if record.state is not None:
            state = {name: value for name, value in record.state.items() if name != IDENTIFIED_BY[kind]}
            rows[key] = {**state, "id": key, "sequence": record.sequence}
    return rows


def _some(promise: str, what: str, found: Iterable[object]) -> Iterator[str]:
    everything = sorted(str(each) for each in found)
    if everything:
        yield f"{promise} {len(everything)} {what}: {', '.join(everything[:SHOWN])}"
