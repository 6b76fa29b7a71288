"""What operators meet: each fault does its harm while the block lasts and is mended at its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.delivery.relay import LOCK
from shared.ids import new_id
from tests.alerts.programs import Alert
from tests.alerts.scene import Harm, Watched
from tests.faults.whole.installation import topics_of
from tests.faults.whole.member import SERVICES

POISONED = "bangkom.evaluation"
REFUSING = "bangkom.training"
MANY_PEOPLE = 40
"""More than may fail alike before a consumer stops."""

STANDS_IN_THE_WAY = "stands_in_the_way"
RELAY_ENDED = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"
TIMER_DUE = (
    "INSERT INTO timers (id, kind, subject_id, due_at) SELECT gen_random_uuid(), kind, gen_random_uuid(),"
    " clock_timestamp() FROM timers LIMIT 1"
)


@asynccontextmanager
async def database_unreachable(watched: Watched) -> AsyncIterator[None]:
    """The way to the database of one service is cut."""
    watched.proxy.cut()
    yield
    watched.proxy.heal()


@asynccontextmanager
async def postgres_stopped(watched: Watched) -> AsyncIterator[None]:
    """PostgreSQL, with the databases of all, has stopped."""
    await asyncio.to_thread(watched.scene.postgres.stop)
    yield
    await asyncio.to_thread(watched.scene.postgres.start)


@asynccontextmanager
async def broker_killed(watched: Watched) -> AsyncIterator[None]:
    """kill -9 of the broker."""
    watched.scene.broker.kill()
    yield
    await watched.scene.broker.start()


def killed(service: str, part: str) -> Harm:
    """kill -9 of one process, which nobody starts again."""

    @asynccontextmanager
    async def harm(watched: Watched) -> AsyncIterator[None]:
        member = watched.whole.members[service, part]
        await member.murder()
        yield
        member.start()
        await watched.whole.become_ready(service, part)

    return harm


@asynccontextmanager
async def relay_frozen(watched: Watched) -> AsyncIterator[None]:
    """A relay stands still and answers nobody."""
    relay = watched.whole.members["mentoring", "relay"]
    relay.signal(signal.SIGSTOP)
    yield
    relay.signal(signal.SIGCONT)


@asynccontextmanager
async def relay_locked_out(watched: Watched) -> AsyncIterator[None]:
    """A relay lives and sends nothing, since another that stands still holds its lock."""
    holder = await asyncpg.connect(watched.whole.dsn("training"))
    other = await asyncpg.connect(watched.whole.dsn("training"))
    try:
        waiting = asyncio.create_task(holder.execute("SELECT pg_advisory_lock($1)", LOCK))
        await asyncio.sleep(0)
        while not waiting.done():
            await other.execute(RELAY_ENDED, LOCK)
            await asyncio.wait([waiting], timeout=1)
        yield
    finally:
        await holder.close()
        await other.close()


@asynccontextmanager
async def worker_forgotten(watched: Watched) -> AsyncIterator[None]:
    """A worker was ended in order, and Prometheus was told to ask it no more."""
    key = ("mentoring", "worker")
    port = watched.prometheus.forget(*key)
    await watched.whole.members[key].stop()
    yield
    watched.whole.members[key].start()
    await watched.whole.become_ready(*key)
    watched.prometheus.know(*key, port)


@asynccontextmanager
async def poison_on_the_log(watched: Watched) -> AsyncIterator[None]:
    """Somebody writes what is no event."""
    producer = AIOKafkaProducer(bootstrap_servers=watched.scene.broker.bootstrap)
    await producer.start()
    try:
        await producer.send_and_wait(watched.whole.prefix + POISONED, b"{", key=str(new_id()).encode())
    finally:
        await producer.stop()
    yield
    for service in listening(POISONED):
        await forget_held(watched, service)


def listening(topic: str) -> list[str]:
    """The services that take records of a topic."""
    return [service for service in SERVICES if topic in topics_of(service)]


async def forget_held(watched: Watched, service: str) -> None:
    """As an operator who discards all that waits."""
    await watched.whole.execute(service, "DELETE FROM held_records; DELETE FROM parked_keys")


@asynccontextmanager
async def bad_release(watched: Watched) -> AsyncIterator[None]:
    """Every handler of a service fails, and many people are told of."""
    async with refusing(watched, "training", "handled", "INSERT", "P0001"):
        await watched.scene.people.import_people(MANY_PEOPLE)
        yield
    watched.whole.command("training", "resume")
    await forget_held(watched, "training")


@asynccontextmanager
async def disk_full(watched: Watched) -> AsyncIterator[None]:
    """A database refuses what a worker writes, as one does whose disk is full."""
    async with refusing(watched, "mentoring", "inbox", "INSERT", "53100"):
        yield


@asynccontextmanager
async def timer_failing(watched: Watched) -> AsyncIterator[None]:
    """What is due in a service fails."""
    async with refusing(watched, "evaluation", "timers", "DELETE", "P0001"):
        await watched.whole.execute("evaluation", TIMER_DUE)
        yield


@asynccontextmanager
async def refusing(watched: Watched, service: str, table: str, change: str, state: str) -> AsyncIterator[None]:
    """Have a database refuse a kind of change with an SQLSTATE."""
    name = STANDS_IN_THE_WAY
    await watched.whole.execute(
        service,
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = '{state}'; END $$;"
        f" CREATE TRIGGER {name} BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    )
    yield
    await watched.whole.execute(service, f"DROP FUNCTION {name} CASCADE")


@asynccontextmanager
async def records_refused(watched: Watched) -> AsyncIterator[None]:
    """A topic takes only records that are smaller than ours."""
    await limit_topic(watched, 10)
    yield
    await limit_topic(watched, 1_048_588)
    watched.whole.try_command("training", "outbox", "--release")


async def limit_topic(watched: Watched, most: int) -> None:
    """How many bytes a record of the topic may have."""
    admin = AIOKafkaAdminClient(bootstrap_servers=watched.scene.broker.bootstrap)
    await admin.start()
    try:
        told = {"max.message.bytes": str(most), "message.timestamp.type": "LogAppendTime"}
        topic = ConfigResource(ConfigResourceType.TOPIC, watched.whole.prefix + REFUSING, told)
        await admin.alter_configs([topic])
    finally:
        await admin.close()


def alerts(name: str, *services: str, part: str = "") -> frozenset[Alert]:
    return frozenset(Alert(name, service, part) for service in services)


FAULTS: dict[str, tuple[Harm, frozenset[Alert]]] = {
    "database of one service unreachable": (database_unreachable, alerts("BangkomDatabaseAway", "evaluation")),
    "worker killed": (killed("training", "worker"), alerts("BangkomProcessDown", "training", part="worker")),
    "relay frozen": (relay_frozen, alerts("BangkomProcessDown", "mentoring", part="relay")),
    "web killed": (killed("needs", "web"), alerts("BangkomProcessDown", "needs", part="web")),
    "timer failing": (timer_failing, alerts("BangkomTimersFail", "evaluation")),
    "relay locked out": (relay_locked_out, alerts("BangkomOutboxOld", "training")),
    "worker forgotten": (worker_forgotten, alerts("BangkomNotTaking", "mentoring")),
    "poison on the log": (poison_on_the_log, alerts("BangkomDeadLetters", *listening(POISONED))),
    "bad release": (bad_release, alerts("BangkomConsumerStopped", "training")),
    "disk of a database full": (disk_full, alerts("BangkomBatchesFail", "mentoring")),
    "records refused by the broker": (records_refused, alerts("BangkomOutboxRefused", "training")),
    "broker killed": (broker_killed, alerts("BangkomLogAway", *SERVICES)),
    "PostgreSQL stopped": (postgres_stopped, alerts("BangkomDatabaseAway", *SERVICES)),
}
