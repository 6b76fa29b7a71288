"""The servers that the tests stand on do what tests expect of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text

from shared.db import KERNEL, Origin, differing_lineages
from tests.conftest import MakeDatabase
from tests.servers.kafka import KafkaServer, NamedKafka, answers
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until


async def test_databases_are_fresh_and_migrated(make_database: MakeDatabase) -> None:
    first, second = await make_database(), await make_database(service="needs", agency="kupang")

    async with first.transaction() as session:
        await session.execute(text("CREATE TABLE of_the_first (id int)"))

    async with second.session() as session:
        seen = await session.scalar(text("SELECT count(*) FROM pg_tables WHERE tablename = 'of_the_first'"))
    assert seen == 0
    assert second.origin == Origin(agency="kupang", service="needs")
    assert await differing_lineages(second, [KERNEL]) == {}


async def test_database_is_dropped_under_its_connections(own_postgres_server: PostgresServer) -> None:
    url = own_postgres_server.create_database()
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))

    own_postgres_server.drop_database(url)

    with pytest.raises(AssertionError, match="does not exist"):
        own_postgres_server.drop_database(url)
    connection.terminate()


async def test_copied_database_survives_kill(own_postgres_server: PostgresServer) -> None:
    original = own_postgres_server.create_database()
    await execute(original, "CREATE TABLE kept AS SELECT 7 AS number")
    copy = own_postgres_server.create_database(copy_of=original)

    own_postgres_server.kill()
    own_postgres_server.start()

    assert await execute(copy, "SELECT number FROM kept") == 7


async def execute(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_kafka_delivers(kafka_server: NamedKafka, topic_prefix: str) -> None:
    topic = f"{topic_prefix}delivered"
    await create_topic(kafka_server.bootstrap, topic)

    await produce(kafka_server.bootstrap, topic, b"one", b"two")

    assert await consume(kafka_server.bootstrap, topic, 2) == [b"one", b"two"]


async def test_kafka_keeps_records_over_kill(own_kafka_server: KafkaServer, topic_prefix: str) -> None:
    topic, bootstrap = f"{topic_prefix}kept", own_kafka_server.bootstrap
    await create_topic(bootstrap, topic)
    await produce(bootstrap, topic, b"one", b"two")

    own_kafka_server.kill()
    assert not await answers(bootstrap)
    await own_kafka_server.start()
    await produce(bootstrap, topic, b"three")

    assert own_kafka_server.bootstrap == bootstrap
    assert await consume(bootstrap, topic, 3) == [b"one", b"two", b"three"]


async def test_kafka_keeps_records_over_stop(own_kafka_server: KafkaServer, topic_prefix: str) -> None:
    topic = f"{topic_prefix}kept"
    await create_topic(own_kafka_server.bootstrap, topic)
    await produce(own_kafka_server.bootstrap, topic, b"one")

    await own_kafka_server.stop()
    assert not await answers(own_kafka_server.bootstrap)
    await own_kafka_server.start()

    assert await consume(own_kafka_server.bootstrap, topic, 1) == [b"one"]


async def test_kafka_is_silent_while_paused(own_kafka_server: KafkaServer) -> None:
    own_kafka_server.pause()
    assert not await answers(own_kafka_server.bootstrap)

    own_kafka_server.resume()
    assert await wait_until(lambda: answers(own_kafka_server.bootstrap))


async def test_kafka_makes_no_topic_unasked(kafka_server: NamedKafka, topic_prefix: str) -> None:
    topic = f"{topic_prefix}mistyped"

    async with administration(kafka_server.bootstrap) as admin:
        (asked,) = await admin.describe_topics([topic])

        assert asked["error_code"] == 3  # unknown topic or partition
        assert topic not in await admin.list_topics()


async def test_start_says_which_tool_is_missing(tmp_path: Path) -> None:
    server = KafkaServer(tmp_path, libs=tmp_path / "libs")

    with pytest.raises(AssertionError, match=r"deploy/setup-tests\.sh fetches it"):
        await server.start()

    assert not server.runs


async def test_start_tells_why_the_broker_ends(own_kafka_server: KafkaServer, tmp_path: Path) -> None:
    server = KafkaServer(tmp_path, own_kafka_server.libs)
    (tmp_path / "server.properties").write_text("process.roles=cook\n")

    with pytest.raises(AssertionError, match="cook"):
        await server.start()

    assert not server.runs


@asynccontextmanager
async def administration(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def create_topic(bootstrap: str, topic: str) -> None:
    async with administration(bootstrap) as admin:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])


async def produce(bootstrap: str, topic: str, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def consume(bootstrap: str, topic: str, count: int, group: str | None = None) -> list[bytes]:
    """Read from where the group stands, or from the beginning, and commit what was read."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        records = [await consumer.getone() for _ in range(count)]
        if group is not None:
            await consumer.commit({TopicPartition(topic, 0): records[-1].offset + 1})
        return [record.value for record in records]
    finally:
        await consumer.stop()
