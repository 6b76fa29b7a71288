"""Servers that are away: the broker, the database of all, the database of one."""

from __future__ import annotations

import asyncio
from statistics import median

import asyncpg

from tests.faults.alerts import Watched, watching
from tests.faults.whole.member import SERVICES
from tests.faults.whole.proxy import Proxy, Streams
from tests.faults.whole.scene import WholeScene
from tests.waiting import pause

SHORT_SECONDS, LONG_SECONDS = 10.0, 130.0
DATABASE_SECONDS = 75.0
WORK_MEANWHILE = 20
MEMORY_MB = 60
SLOWER = 2.0
LOCKED_SECONDS = 25.0
OLDEST = "bangkom_outbox_oldest_seconds"
UNPUBLISHED = "bangkom_outbox_unpublished"
LAG = "bangkom_consumer_lag"
HANDLED = "SELECT count(*) FROM handled"
HELD = "SELECT count(*) FROM held_records"


async def broker_killed(scene: WholeScene) -> None:
    """kill -9 of the broker under load, started again after ten seconds: pages and routes go on answering."""
    async with watching(lambda: scene.whole.figures("relay")) as watched:
        await _broker_away(scene, SHORT_SECONDS)
    scene.must(watched.holds("BangkomLogAway"), "BangkomLogAway does not see that the log is away")
    scene.counts["alerts_begun"] = 1
    await scene.broker.start()


async def broker_away_for_long(scene: WholeScene) -> None:
    """The broker is away for minutes: commands go on as fast, memory stays, the age of the outbox is told."""
    before = {member.name: member.memory_mb() for member in scene.whole.members.values()}
    async with watching(lambda: scene.whole.figures("relay")) as watched:
        await _broker_away(scene, LONG_SECONDS)
    _must_call(scene, watched, "BangkomOutboxOld", "BangkomLogAway")
    await scene.broker.start()
    grown = {member.name: member.memory_mb() - before[member.name] for member in scene.whole.members.values()}
    scene.counts["memory_grown_mb"] = round(max(grown.values()))
    scene.must(max(grown.values()) < MEMORY_MB, f"memory grew: {grown}")


async def _broker_away(scene: WholeScene, seconds: float) -> None:
    sender = scene.sender
    usual = median(sender.took)
    failures, answered = sender.failures, len(sender.took)
    scene.broker.kill()
    await pause(seconds)
    await scene.acknowledged(WORK_MEANWHILE)
    scene.must(sender.failures == failures, f"{sender.failures - failures} commands failed while the broker was away")
    slower = median(sender.took[answered:]) / usual
    scene.must(slower < SLOWER, f"commands took {slower:.1f} times as long while the broker was away")
    oldest = await _highest(scene, "relay", OLDEST)
    scene.must(oldest > seconds / 2, f"the outbox is told to be {oldest:.0f} s old after {seconds:.0f} s")
    scene.counts.update(answered_meanwhile=len(sender.took) - answered, oldest_told_seconds=round(oldest))
    ready = [await scene.whole.health(service, "relay") for service in SERVICES]
    scene.must(set(ready) == {503}, f"readiness without a broker: {ready}")


def _must_call(scene: WholeScene, watched: Watched, *alerts: str) -> None:
    """An operator must have been called by each of these alerts, and by what was really told."""
    for alert in alerts:
        scene.must(watched.fires(alert), f"nobody was called by {alert}")
        scene.counts["alerts_fired"] = scene.counts.get("alerts_fired", 0) + 1


async def _highest(scene: WholeScene, part: str, name: str) -> float:
    """The highest figure of that name that any service tells."""
    told = [await scene.whole.figure(service, part, name) for service in SERVICES]
    return max(figure or 0.0 for figure in told)


async def postgres_killed(scene: WholeScene) -> None:
    """kill -9 of every process of PostgreSQL under load, then a stop without checkpoint: recovery without restarts."""
    pids = {member.name: member.pid for member in scene.whole.members.values()}
    for end in (scene.postgres.kill, scene.postgres.stop):
        await asyncio.to_thread(end)
        await pause(3)
        await asyncio.to_thread(scene.postgres.start)
        await scene.acknowledged(WORK_MEANWHILE)
        scene.counts["killed"] = scene.counts.get("killed", 0) + 1
    statuses = scene.sender.statuses
    scene.counts["answered_unavailable"] = statuses.get(503, 0)
    scene.must(not statuses.get(500), f"{statuses.get(500)} answers with 500")
    same = {member.name: member.pid for member in scene.whole.members.values() if member.runs}
    scene.must(same == pids, "processes ended with the database")


async def database_away_while_the_log_delivers(scene: WholeScene) -> None:
    """The database of evaluation is away while the log goes on: nothing is parked, no offset moves, lag is told."""
    whole = scene.whole
    proxy = Proxy(lambda: to_postgres(scene))
    await scene.stack.enter_async_context(proxy.open())
    for part in ("web", "worker", "relay"):
        await lead_through(scene, "evaluation", part, proxy)
    await whole.all_ready()
    await scene.acknowledged(WORK_MEANWHILE)
    proxy.cut()
    await pause(1)
    committed = await whole.committed("evaluation")
    async with watching(lambda: whole.figures("worker")) as watched:
        await pause(DATABASE_SECONDS)
    _must_call(scene, watched, "BangkomDatabaseAway")
    scene.must(await whole.committed("evaluation") == committed, "offsets moved without the database")
    behind = await whole.figure("evaluation", "worker", LAG) or 0.0
    scene.must(behind > 0, "no lag was told")
    scene.counts["lag_told"] = round(behind)
    [(held,)] = await whole.rows("evaluation", HELD)
    scene.must(held == 0, f"{held} records were parked")
    proxy.heal()


async def to_postgres(scene: WholeScene) -> Streams:
    """A connection to the server itself."""
    return await asyncio.open_unix_connection(scene.whole.socket)


async def lead_through(scene: WholeScene, service: str, part: str, proxy: Proxy) -> None:
    """Restart a part so that it reaches its database through the proxy."""
    name = f"BANGKOM_{service.upper()}_DATABASE_URL"
    database = scene.whole.database(service)
    address = f"postgresql+asyncpg://postgres@127.0.0.1:{proxy.port}/{database}"
    await scene.whole.route(service, part, **{name: address})


async def connections_exhausted(scene: WholeScene) -> None:
    """One connection for the web process and a transaction that holds it; then a server without a free connection:
    who asks waits a bounded time and is told to come again, and workers go on.
    """
    whole = scene.whole
    await whole.sew("training", "web", pool=1)
    await whole.all_ready()
    await scene.acknowledged(WORK_MEANWHILE)
    before = await _handled(scene)
    connection = await asyncpg.connect(whole.dsn("training"))
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE")
            await pause(LOCKED_SECONDS)
            scene.must(await _handled(scene) > before, "the worker stood still while the web process waited")
    finally:
        await connection.close()
    scene.must(scene.sender.statuses.get(503, 0) > 0, "nobody was told to come again")
    await _server_full(scene)
    scene.counts["answered_unavailable"] = scene.sender.statuses.get(503, 0)
    scene.must(not scene.sender.statuses.get(500), f"{scene.sender.statuses.get(500)} answers with 500")


async def _server_full(scene: WholeScene) -> None:
    taken: list[asyncpg.Connection] = []
    try:
        while True:
            taken.append(await asyncpg.connect(scene.whole.dsn("training")))
    except asyncpg.TooManyConnectionsError:
        scene.counts["connections_taken"] = len(taken)
        for service in ("training", "mentoring"):
            member = scene.whole.members[service, "web"]
            await member.murder()
            member.start()
        await pause(SHORT_SECONDS)
    finally:
        for connection in taken:
            await connection.close()
    await scene.whole.all_ready()


async def _handled(scene: WholeScene) -> int:
    [(count,)] = await scene.whole.rows("training", HANDLED)
    return int(count)
