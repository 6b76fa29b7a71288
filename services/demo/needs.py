"""What people do in the needs service on a day of the demo."""

from __future__ import annotations

from services.demo.stage import Stage


async def act(stage: Stage) -> int:
    """Everything that waits for a decision."""
    return 0
