"""The brokers an installation uses: how to reach them, and the topics of the catalogue on them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaTimeoutError, for_code
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.delivery.envelope import Record
from shared.delivery.transport.kafka import SEND_SECONDS, STOP_SECONDS, KafkaSender, KafkaSource, read_record, within
from shared.events.catalogue import TOPICS
from shared.events.contract import is_state_topic
from shared.kafka_repairs import tell_of_closed_connections, tell_of_ended_tasks
from shared.settings import Settings
from shared.telemetry import Check

PARTITIONS = 12
"""Fixed for the life of a topic: with another number a key would move, and its order be lost."""

DAY_MS = 86_400_000
TOPIC_EXISTS = 36
REQUEST_MS = 4_000
METADATA_MS = 10_000
PRODUCE_BATCH_BYTES = 1_000_000
IDLE_POLLS = 60
"""Polls of half a second without a record after which a reader of history gives up."""

SASL = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


tell_of_closed_connections()


class TopicsMissing(Exception):
    """Topics of the catalogue that the brokers do not have; the message names them."""


def client_options(settings: Settings) -> dict[str, Any]:
    """The options that every client of aiokafka takes."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "client_id": "bangkom",
        "security_protocol": settings.kafka_security_protocol,
        "metadata_max_age_ms": METADATA_MS,
    }
    if (context := _ssl_context(settings)) is not None:
        options["ssl_context"] = context
    if settings.kafka_security_protocol.startswith("SASL") and settings.kafka_password:
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def _ssl_context(settings: Settings) -> ssl.SSLContext | None:
    if "SSL" not in settings.kafka_security_protocol:
        return None
    return ssl.create_default_context(cafile=settings.kafka_ca_file)


def _security(settings: Settings) -> BaseSecurity | None:
    context = _ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL") and settings.kafka_username and settings.kafka_password:
        return SASL[settings.kafka_sasl_mechanism](
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            ssl_context=context,
            use_ssl=context is not None,
        )
    return BaseSecurity(ssl_context=context, use_ssl=True) if context else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaTransport:
    """Where the brokers are and how to talk to them; prepare sees to it that the topics exist."""

    client: dict[str, Any]
    prepare: Callable[[], Awaitable[None]]
    security: BaseSecurity | None = None
    prefix: str = ""
    instance_id: str | None = None
    batch: int = 1_000

    async def open_sender(self) -> KafkaSender:
        """A connected producer; raises when no broker answers."""
        await self.prepare()
        producer = AIOKafkaProducer(
            **self.client,
            acks="all",
            # The idempotent producer hangs in send and stop while the broker is away; the inbox drops what repeats.
            enable_idempotence=False,
            request_timeout_ms=10_000,
            max_batch_size=PRODUCE_BATCH_BYTES,
        )
        try:
            await asyncio.wait_for(producer.start(), SEND_SECONDS)
        except BaseException:
            await within(STOP_SECONDS, producer.stop())
            raise
        return KafkaSender(producer, self.prefix)

    async def open_source(self, group: str, topics: Sequence[str]) -> KafkaSource:
        """A member of the group. FastStream owns settings and life cycle; the records are ours to take and commit."""
        await self.prepare()
        common = {k: v for k, v in self.client.items() if not k.startswith(("sasl_", "security_", "ssl_"))}
        broker = KafkaBroker(**common, security=self.security, consumer_only=True, logger=None)
        subscriber = broker.subscriber(
            *(self.prefix + topic for topic in topics),
            batch=True,
            group_id=self.prefix + group,
            group_instance_id=self.instance_id,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            session_timeout_ms=30_000,
            max_partition_fetch_bytes=4 * 2**20,
            persistent=True,
        )
        try:
            await broker.start()
        except BaseException:
            await within(STOP_SECONDS, broker.stop())
            raise
        assert subscriber.consumer is not None
        tell_of_ended_tasks(subscriber.consumer)
        return KafkaSource(broker, subscriber.consumer, self.prefix, self.batch)

    async def lag(self, group: str, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Records the group has not committed, asked from outside the group."""
        consumer = AIOKafkaConsumer(**self.client, request_timeout_ms=10_000)
        admin = AIOKafkaAdminClient(**self.client, request_timeout_ms=10_000)
        try:
            await asyncio.gather(consumer.start(), admin.start())
            done = await admin.list_consumer_group_offsets(self.prefix + group)
            every = await self._partitions(admin, topics)
            starts, ends = await consumer.beginning_offsets(every), await consumer.end_offsets(every)
        finally:
            await asyncio.gather(consumer.stop(), admin.close())
        return {
            (p.topic.removeprefix(self.prefix), p.partition): ends[p] - (done[p].offset if p in done else starts[p])
            for p in every
        }

    async def _partitions(self, admin: AIOKafkaAdminClient, topics: Sequence[str]) -> list[TopicPartition]:
        described = await admin.describe_topics([self.prefix + topic for topic in topics])
        return [TopicPartition(topic["topic"], p["partition"]) for topic in described for p in topic["partitions"]]

    async def history(self, topics: Sequence[str]) -> AsyncIterator[list[Record]]:
        """Every record of these topics from the oldest on, up to those there are now, outside of any group."""
        consumer = AIOKafkaConsumer(**self.client, request_timeout_ms=10_000, auto_offset_reset="earliest")
        admin = AIOKafkaAdminClient(**self.client, request_timeout_ms=10_000)
        try:
            await asyncio.gather(consumer.start(), admin.start())
            every = await self._partitions(admin, topics)
            ends = await consumer.end_offsets(every)
            consumer.assign(every)
            await consumer.seek_to_beginning(*every)
            idle = 0
            while [p for p in every if await consumer.position(p) < ends[p]]:
                polled = await consumer.getmany(timeout_ms=500, max_records=self.batch)
                idle = 0 if polled else idle + 1
                if idle > IDLE_POLLS:
                    raise KafkaTimeoutError("the log ends before its end")
                yield [read_record(record, self.prefix) for records in polled.values() for record in records]
        finally:
            await asyncio.gather(consumer.stop(), admin.close())

    async def read_again(self, group: str, topics: Sequence[str]) -> None:
        """Set a group back to the beginning of these topics; raises KafkaError while somebody reads for it."""
        consumer = AIOKafkaConsumer(**self.client, group_id=self.prefix + group, enable_auto_commit=False)
        admin = AIOKafkaAdminClient(**self.client, request_timeout_ms=10_000)
        try:
            await asyncio.gather(consumer.start(), admin.start())
            every = await self._partitions(admin, topics)
            consumer.assign(every)
            await consumer.commit(await consumer.beginning_offsets(every))
        finally:
            await asyncio.gather(consumer.stop(), admin.close())


def transport(settings: Settings) -> KafkaTransport:
    """The transport over these brokers; missing topics are created first where the settings allow it."""

    async def prepare() -> None:
        if settings.kafka_create_topics:
            await apply_topics(settings)
        elif missing := await missing_topics(settings):
            raise TopicsMissing(", ".join(missing))

    return KafkaTransport(
        client=client_options(settings),
        prepare=prepare,
        security=_security(settings),
        prefix=settings.topic_prefix,
        instance_id=settings.kafka_instance_id,
    )


async def missing_topics(settings: Settings) -> list[str]:
    """Topics of the catalogue that the brokers do not have; raises when no broker answers."""
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        there = set(await admin.list_topics())
    finally:
        await admin.close()
    return [topic for name in TOPICS if (topic := settings.topic_prefix + name) not in there]


async def apply_topics(settings: Settings) -> list[str]:
    """Create the topics of the catalogue that are missing and name them; what exists is left as it is."""
    missing = await missing_topics(settings)
    if not missing:
        return []
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        wanted = [_new_topic(settings, topic) for topic in missing]
        answer = await admin.create_topics(wanted, timeout_ms=REQUEST_MS)
    finally:
        await admin.close()
    for topic, code, *_ in answer.topic_errors:
        # Another service may have been quicker.
        if code not in (0, TOPIC_EXISTS):
            raise for_code(code)(f"topic {topic} cannot be created")
    return missing


def _new_topic(settings: Settings, topic: str) -> NewTopic:
    state = is_state_topic(topic.removeprefix(settings.topic_prefix))
    kept = (
        {"cleanup.policy": "compact", "max.compaction.lag.ms": str(DAY_MS)}
        if state
        else {"cleanup.policy": "delete", "retention.ms": str(settings.topic_retention_days * DAY_MS)}
    )
    # The brokers' time, not the relay's: they refuse a record from an hour ahead, and its age says when it may go.
    stamped = {"message.timestamp.type": "LogAppendTime"}
    return NewTopic(topic, PARTITIONS, settings.kafka_replication, topic_configs=kept | stamped)


def checks(settings: Settings) -> dict[str, Check]:
    """Whether a broker answers (``kafka``), and whether it has the catalogue's topics (``topics``)."""

    async def kafka() -> str | None:
        await missing_topics(settings)
        return None

    async def topics() -> str | None:
        # Without a broker the first check says what is wrong.
        with contextlib.suppress(Exception):
            if missing := await missing_topics(settings):
                return f"missing: {', '.join(missing)}"
        return None

    return {"kafka": kafka, "topics": topics}
