"""The ledger of learning hours: activities entered, and what they count settled anew whenever one changes.

What has been credited is never changed: it is reversed and credited anew, so that every order in which activities come
to be known ends with the same hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import Activity, ActivityOrigin, Credit, credits_of
from services.training.queries import Account
from services.training.rules import LEARNING_HOURS
from services.training.tables import AccountRow, ActivityRow, CreditRow, activity_of, activity_values
from shared import audit, clock
from shared.db import insert_rows
from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.errors import NotFound
from shared.events.training import LearningHoursCredited, LearningHoursReversed
from shared.identity.actor import Actor
from shared.ids import new_id

AT_ONCE = 5_000
"""Accounts settled with one statement each way: a file of a whole agency goes through in pieces."""

CORRECTED, LIMIT = "CORRECTED", "LIMIT"

LOCK_ACCOUNTS = "ON CONFLICT (employee_id, form_code) DO UPDATE SET form_code = excluded.form_code"
NEW_CLAIM = (
    "ON CONFLICT (id) DO UPDATE SET claimed_hours = excluded.claimed_hours, scope = excluded.scope,"
    " title = excluded.title, provider = excluded.provider, counts = true"
)
SET_COUNTS = text(
    "UPDATE activities SET counts = :counts WHERE id = ANY(CAST(:ids AS uuid[])) AND counts <> :counts RETURNING *"
)
REVERSE = text(
    "UPDATE credits c SET reversed_at = :now, reversal_reason = r.reason"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS r(id, reason) WHERE c.id = r.id"
)
SETTLE = text(
    "UPDATE activities a SET credited_hours = n.hours, credited_limit = n.credited_limit,"
    " rule_version = n.rule_version, credit_id = n.credit_id"
    " FROM unnest(CAST(:id AS uuid[]), CAST(:hours AS int[]), CAST(:credited_limit AS text[]),"
    "  CAST(:rule_version AS text[]), CAST(:credit_id AS uuid[]))"
    " AS n(id, hours, credited_limit, rule_version, credit_id) WHERE a.id = n.id"
)

Cause = Received[Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An activity on its way into the ledger, with what people call it and the event that told of it."""

    activity: Activity
    origin: ActivityOrigin
    title: str | None = None
    provider: str | None = None
    correlation_id: UUID | None = None
    cause: Cause = None

    @property
    def account(self) -> Account:
        return self.activity.employee_id, self.activity.form_code

    @property
    def values(self) -> dict[str, Any]:
        """The row, not settled yet."""
        return activity_values(self.activity, self.origin, (self.title, self.provider), self.correlation_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One activity whose credit differs from what was credited before; credit_id is that of the new credit."""

    row: Row[Any]
    now: Credit
    credit_id: UUID | None
    reversal_reason: str | None
    cause: Cause


async def enter(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Enter activities and settle their accounts; one that is known takes over what is claimed now."""
    newest = {entry.activity.id: entry for entry in entries}
    await insert_rows(session, ActivityRow, [entry.values for entry in newest.values()], NEW_CLAIM)
    await settle(session, [(entry.activity, entry.cause) for entry in newest.values()])


async def set_counts(session: AsyncSession, activity_ids: Collection[UUID], *, counts: bool) -> int:
    """Let activities count, or count no more, and settle; gives how many that changed."""
    found = (await session.execute(SET_COUNTS, {"ids": list(activity_ids), "counts": counts})).all()
    await settle(session, [(activity_of(row), None) for row in found])
    return len(found)


async def revoke_activity(session: AsyncSession, actor: Actor, activity_id: UUID, reason: str) -> None:
    """Take an imported activity out of the ledger, as when a certificate turns out not to hold."""
    known = (await queries.activities_by_id(session, [activity_id])).get(activity_id)
    if known is None or known.origin != ActivityOrigin.IMPORT:
        raise NotFound("Kegiatan tidak ditemukan.")
    await set_counts(session, [activity_id], counts=False)
    audit.record(session, actor, "revoke_activity", "activity", activity_id, {"reason": reason})


async def settle(session: AsyncSession, changed: Sequence[tuple[Activity, Cause]]) -> None:
    """Let activities that changed, and others that share limits with them, count what the rule says."""
    accounts: dict[Account, list[tuple[Activity, Cause]]] = defaultdict(list)
    for activity, cause in changed:
        accounts[activity.employee_id, activity.form_code].append((activity, cause))
    corrected = {activity.id for activity, _ in changed}
    ordered = iter(sorted(accounts))
    while piece := list(islice(ordered, AT_ONCE)):
        # In one order: those who meet at the same accounts wait in a row and not in a circle.
        rows = [{"employee_id": employee_id, "form_code": code} for employee_id, code in piece]
        await insert_rows(session, AccountRow, rows, LOCK_ACCOUNTS)
        # Read by a statement of its own: only one that begins after the lock sees what was entered before it.
        recorded = await queries.activities_around(session, {each: _span(accounts[each]) for each in piece})
        changes = [
            change
            for account, activities in recorded.items()
            for change in _changes(activities, corrected, accounts[account][-1][1])
        ]
        await _write(session, changes)
        _tell(session, changes)


def _span(changed: Sequence[tuple[Activity, Cause]]) -> tuple[date, date]:
    return min(each.starts_on for each, _ in changed), max(each.ends_on for each, _ in changed)


def _changes(activities: Sequence[Row[Any]], corrected: Collection[UUID], cause: Cause) -> Iterable[Change]:
    counted = credits_of((activity_of(row) for row in activities), LEARNING_HOURS)
    for row in activities:
        now = counted[row.id]
        limit = now.limit.value if now.limit else None
        same_hours = now.hours == row.credited_hours
        if not row.touched or (same_hours and limit == row.credited_limit):
            continue
        reason = CORRECTED if row.id in corrected else LIMIT
        yield Change(
            row=row,
            now=now,
            credit_id=row.credit_id if same_hours else new_id() if now.hours else None,
            reversal_reason=reason if row.credit_id and not same_hours else None,
            cause=cause,
        )


async def _write(session: AsyncSession, changes: Sequence[Change]) -> None:
    if not changes:
        return
    moment = await clock.now(session)
    reversals = [change for change in changes if change.reversal_reason]
    if reversals:
        given = {"ids": [c.row.credit_id for c in reversals], "reasons": [c.reversal_reason for c in reversals]}
        await session.execute(REVERSE, {**given, "now": moment})
    credited = [change for change in changes if change.credit_id and change.credit_id != change.row.credit_id]
    rows = [
        {
            "id": change.credit_id,
            "activity_id": change.row.id,
            "hours": change.now.hours,
            "year": change.now.year,
            "rule_version": change.now.rule_version,
            "credited_at": moment,
        }
        for change in credited
    ]
    await insert_rows(session, CreditRow, rows)
    settled = {
        "id": [change.row.id for change in changes],
        "hours": [change.now.hours for change in changes],
        "credited_limit": [change.now.limit.value if change.now.limit else None for change in changes],
        "rule_version": [change.now.rule_version for change in changes],
        "credit_id": [change.credit_id for change in changes],
    }
    await session.execute(SETTLE, settled)


def _tell(session: AsyncSession, changes: Sequence[Change]) -> None:
    for change in changes:
        row, correlation = change.row, change.row.correlation_id
        if change.reversal_reason:
            outbox.record(session, _reversed(change), caused_by=change.cause, correlation=correlation)
        if change.credit_id and change.credit_id != row.credit_id:
            outbox.record(session, _credited(change), caused_by=change.cause, correlation=correlation)


def _reversed(change: Change) -> LearningHoursReversed:
    row = change.row
    assert row.credit_id is not None
    assert change.reversal_reason is not None
    return LearningHoursReversed(
        credit_id=row.credit_id,
        employee_id=row.employee_id,
        form_code=row.form_code,
        hours=row.credited_hours,
        year=row.year,
        reason=change.reversal_reason,
    )


def _credited(change: Change) -> LearningHoursCredited:
    row = change.row
    assert change.credit_id is not None
    assert change.now.rule_version is not None
    return LearningHoursCredited(
        credit_id=change.credit_id,
        employee_id=row.employee_id,
        form_code=row.form_code,
        hours=change.now.hours,
        year=change.now.year,
        ends_on=row.ends_on,
        origin=row.origin,
        source_id=row.id,
        rule_version=change.now.rule_version,
    )
