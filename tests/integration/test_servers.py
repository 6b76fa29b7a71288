"""The servers that the tests stand on do what tests expect of them."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text

from tests.conftest import MakeDatabase
from tests.servers.kafka import KafkaServer


async def test_databases_are_fresh(make_database: MakeDatabase) -> None:
    first, second = await make_database(), await make_database(service="needs")

    async with first.transaction() as session:
        await session.execute(text("CREATE TABLE of_the_first (id int)"))

    async with second.session() as session:
        seen = await session.scalar(text("SELECT count(*) FROM pg_tables WHERE tablename = 'of_the_first'"))
    assert seen == 0


async def test_kafka_keeps_data_over_kill(own_kafka_server: KafkaServer, topic_prefix: str) -> None:
    topic = f"{topic_prefix}kept"
    await create_topic(own_kafka_server.bootstrap, topic)
    before = own_kafka_server.bootstrap
    await produce(before, topic, b"one")

    own_kafka_server.kill()
    await own_kafka_server.start()
    await produce(own_kafka_server.bootstrap, topic, b"two")

    assert own_kafka_server.bootstrap == before
    assert await consume(before, topic, 2) == [b"one", b"two"]


async def create_topic(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def produce(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()
