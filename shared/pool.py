"""The connections of one database, with figures of who had to wait for one."""

from __future__ import annotations

import time

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from shared import metrics


class WatchedPool(AsyncAdaptedQueuePool):
    """Counts who finds every connection in use; database is its name in the figures."""

    database = ""

    def _do_get(self) -> ConnectionPoolEntry:
        if self.checkedout() < self.size():
            return super()._do_get()
        began = time.monotonic()
        metrics.POOL_WAITS.labels(self.database).inc()
        try:
            return super()._do_get()
        except PoolTimeout:
            metrics.POOL_TIMEOUTS.labels(self.database).inc()
            raise
        finally:
            metrics.POOL_WAIT_SECONDS.labels(self.database).inc(time.monotonic() - began)


def pool_of(database: str) -> type[WatchedPool]:
    """The pool of one database: a class of its own, since the engine makes pools anew without asking us."""
    return type("WatchedPool", (WatchedPool,), {"database": database})


def tell_of_pool(pool: object) -> None:
    """Bring the gauges of a pool up to date."""
    if isinstance(pool, WatchedPool):
        metrics.POOL_SIZE.labels(pool.database).set(pool.size())
        metrics.POOL_IN_USE.labels(pool.database).set(pool.checkedout())
