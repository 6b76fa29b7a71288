"""The seam between delivery and what carries events: two transports, one behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.delivery.envelope import Record


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outbox row on its way to the log."""

    seq: int
    topic: str
    key: str
    headers: list[tuple[str, bytes]]
    value: bytes | None


@dataclass(slots=True)
class Sent:
    """What became of the rows of one call; a row in neither is to be sent again."""

    confirmed: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


class Sender(Protocol):
    """Appends rows to the log; per key in the order given, also when some fail."""

    async def send(self, rows: Sequence[Outgoing]) -> Sent: ...

    async def close(self) -> None: ...


class Source(Protocol):
    """Reads the log for one group: what was polled and not committed comes again."""

    async def poll(self) -> list[Record]:
        """The next records, in order per key; an empty list after a short wait without any."""
        ...

    async def commit(self) -> None:
        """What was polled is done for good."""
        ...

    async def rewind(self) -> None:
        """What was polled comes again with the next poll."""
        ...

    async def close(self) -> None: ...


class Transport(Protocol):
    """Opens senders and sources, and measures how far a group is behind."""

    async def open_sender(self) -> Sender: ...

    async def open_source(self, group: str, topics: Sequence[str]) -> Source: ...

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Records the group has not committed, by topic and partition; asked without joining the group."""
        ...
