"""Everything that is left when all is quiet: what was asked, what stands on the log and in each database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from shared.directory import DirectoryEmployee, DirectoryPosition, DirectoryUnit
from tests.faults.whole.history import Fate, read_history
from tests.faults.whole.installation import Whole
from tests.faults.whole.member import SERVICES
from tests.faults.whole.wire import Written, read_log

OUTBOX = "SELECT seq, event_id, topic, key, headers->>'ce_type', value FROM outbox ORDER BY seq"
HANDLED = "SELECT event_id, topic, subject, sequence FROM handled ORDER BY nth"
LEFT = (
    "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL), (SELECT count(*) FROM held_records),"
    " (SELECT count(*) FROM refused_keys)"
)
AUDIT = "SELECT action, subject_id::text, details FROM audit_entries ORDER BY id"
DIRECTORIES = {
    "bangkom.needs.employee_recorded.v1": DirectoryEmployee,
    "bangkom.needs.unit_recorded.v1": DirectoryUnit,
    "bangkom.needs.position_recorded.v1": DirectoryPosition,
}
"""The directory that each state event fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as its outbox keeps it."""

    seq: int
    event_id: UUID
    topic: str
    key: str
    type: str
    data: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """One event at the moment it took effect."""

    event_id: UUID
    topic: str
    key: str
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the checker looks at. Everything by service is a dictionary with all four."""

    fates: Mapping[str, Fate]
    log: list[Written]
    told: Mapping[str, list[Told]]
    handled: Mapping[str, list[Handled]]
    left: Mapping[str, tuple[int, int, int]]
    lag: int
    directories: Mapping[str, Mapping[str, list[Mapping[str, Any]]]]
    audit: Mapping[str, list[tuple[str, str, Mapping[str, Any]]]]
    rows: Mapping[str, list[tuple[Any, ...]]]


DOMAIN: dict[str, tuple[str, str]] = {
    "assessments": ("needs", "SELECT provider, id::text FROM assessments WHERE provider IS NOT NULL"),
    "programs": ("training", "SELECT code FROM programs"),
    "known programs": ("evaluation", "SELECT code FROM programs"),
    "classes": ("training", "SELECT place, id::text, status FROM classes"),
    "seats": (
        "training",
        "SELECT e.id::text, e.post_score, c.status FROM enrolments e JOIN classes c ON c.id = e.class_id",
    ),
    "demands": ("training", "SELECT id::text, status FROM demands"),
    "verdicts": (
        "evaluation",
        "SELECT activity_id::text, verdict, follow_up_id::text FROM evaluations WHERE activity_kind = 'TRAINING'",
    ),
    "follow-ups": ("evaluation", "SELECT id::text, status, target FROM follow_ups"),
    "requests": ("mentoring", "SELECT follow_up_id::text, status FROM requests"),
    "levels": ("mentoring", "SELECT assessment_id::text, count(*) FROM assessed_levels GROUP BY 1"),
}


async def gather(whole: Whole, history: Path) -> Evidence:
    """Read it all."""
    return Evidence(
        fates=read_history(history),
        log=await read_log(whole.kafka_settings()),
        told={service: await _told(whole, service) for service in SERVICES},
        handled={service: await _handled(whole, service) for service in SERVICES},
        left={service: (await whole.rows(service, LEFT))[0] for service in SERVICES},
        lag=sum((await whole.lag()).values()),
        directories={service: await _directories(whole, service) for service in SERVICES},
        audit={service: await _audit(whole, service) for service in SERVICES},
        rows={name: await whole.rows(service, query) for name, (service, query) in DOMAIN.items()},
    )


async def _told(whole: Whole, service: str) -> list[Told]:
    return [
        Told(seq=seq, event_id=event_id, topic=topic, key=key, type=kind, data=orjson.loads(value) if value else None)
        for seq, event_id, topic, key, kind, value in await whole.rows(service, OUTBOX)
    ]


async def _handled(whole: Whole, service: str) -> list[Handled]:
    rows = await whole.rows(service, HANDLED)
    return [
        Handled(event_id=event_id, topic=topic, key=str(subject), sequence=sequence)
        for event_id, topic, subject, sequence in rows
    ]


async def _audit(whole: Whole, service: str) -> list[tuple[str, str, Mapping[str, Any]]]:
    return [(action, subject, orjson.loads(details)) for action, subject, details in await whole.rows(service, AUDIT)]


async def _directories(whole: Whole, service: str) -> dict[str, list[Mapping[str, Any]]]:
    found = {}
    for kind, table in DIRECTORIES.items():
        rows = await whole.rows(service, f"SELECT to_jsonb(d) FROM {table.__tablename__} d")
        found[kind] = [orjson.loads(document) for (document,) in rows]
    return found
