"""What brought a change about, so that every event names its cause and its story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.delivery import outbox
from shared.delivery.envelope import Received
from shared.events.contract import Event

Causes = Mapping[UUID, Received[Any]]
"""The event behind each change, by what was changed; where a person or a timer acts there is none."""

BY_ITSELF: Causes = {}


def tell(session: AsyncSession, event: Event, cause: Received[Any] | None, need_ids: tuple[UUID, ...] = ()) -> None:
    """Emit an event with its cause; without one it belongs to the story of its need, if it is one."""
    story = need_ids[0] if cause is None and len(need_ids) == 1 else None
    outbox.record(session, event, caused_by=cause, correlation=story)
