"""How demands are written back, and what becomes of them when seats are given, judged or given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import Demand, Enrolment

UPDATE_DEMANDS = text(
    "UPDATE demands d SET status = n.status, enrolment_id = n.enrolment_id"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:enrolment_ids AS uuid[]))"
    " AS n(id, status, enrolment_id) WHERE d.id = n.id"
)


async def keep_demands(session: AsyncSession, demands: Sequence[Demand]) -> None:
    """Write down what became of demands that the caller holds the locks of."""
    if demands:
        given = {
            "ids": [demand.id for demand in demands],
            "statuses": [demand.status.value for demand in demands],
            "enrolment_ids": [demand.enrolment_id for demand in demands],
        }
        await session.execute(UPDATE_DEMANDS, given)


async def settle_demands(session: AsyncSession, completed: Mapping[UUID, bool], seats: Sequence[Enrolment]) -> None:
    """Let findings on seats, by enrolment id, meet or free the demands behind them."""
    demands = await queries.demands_for_update(session, {each for seat in seats for each in seat.demand_ids})
    changed: dict[UUID, Demand] = {}
    for seat in seats:
        for demand_id in seat.demand_ids:
            before = demands.get(demand_id)
            if before is not None:
                after = before.settled_by(seat.id, completed=completed[seat.id])
                if after != before:
                    changed[demand_id] = demands[demand_id] = after
    await keep_demands(session, list(changed.values()))
