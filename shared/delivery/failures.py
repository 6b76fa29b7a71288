"""Which failures pass by themselves, and when so much fails alike that stopping is the safer thing."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

TRANSIENT_STATES = ("08", "25P03", "40", "53", "57P", "58", "55P03", "57014")
"""SQLSTATE prefixes: connection, idle too long, rollback, resources, shutdown, system, lock, query cancelled."""

ALIKE_KEYS = 20
ALIKE_SHARE = 0.02
WINDOW_SECONDS = 60.0

Failure = tuple[str, str]
"""What makes a failure like others (type and reason), and the key that failed."""


def is_transient(error: BaseException | None) -> bool:
    """Whether the same work may succeed later: told by SQLSTATE and not by class, since drivers wrap freely."""
    while error is not None:
        state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        if isinstance(state, str):
            return state.startswith(TRANSIENT_STATES)
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        if isinstance(error, OSError | TimeoutError | PoolTimeout | asyncpg.InterfaceError):
            return True
        error = error.__cause__ or (error.orig if isinstance(error, DBAPIError) else None)
    return False


def describe(error: BaseException) -> str:
    """What failed and where in our code; never the message, which may quote personal values."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "/services/" in code.co_filename or "/shared/" in code.co_filename:
            place = f"{code.co_name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}" if place else type(error).__name__


class Circuit:
    """Opens when, within a minute, more keys fail alike than 20 and than 2 % of the records seen."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: deque[tuple[float, int]] = deque()
        self._failed: dict[Failure, float] = {}

    def saw(self, records: int) -> None:
        """Count records that were taken on."""
        self._seen.append((self._monotonic(), records))

    def failed(self, failures: Iterable[Failure]) -> None:
        """Count keys that were parked."""
        self._failed.update(dict.fromkeys(failures, self._monotonic()))

    def opens(self, failures: set[Failure]) -> str | None:
        """What too many keys would have in common if these were parked too."""
        if not failures:
            return None
        oldest = self._monotonic() - WINDOW_SECONDS
        while self._seen and self._seen[0][0] < oldest:
            self._seen.popleft()
        self._failed = {failure: at for failure, at in self._failed.items() if at >= oldest}
        ((alike, keys),) = Counter(alike for alike, _ in failures | self._failed.keys()).most_common(1)
        return alike if keys > max(ALIKE_KEYS, ALIKE_SHARE * sum(count for _, count in self._seen)) else None
