"""What may be wrong with the brokers: away, topics missing or with other settings than events need, a clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from shared.delivery.outbox import LIMIT
from shared.events.catalogue import TOPICS
from shared.events.contract import is_state_topic
from shared.kafka import DAY_MS, PARTITIONS, REQUEST_MS, client_options, missing_topics
from shared.operate.findings import Finding, of_clock
from shared.settings import Settings

HEADER_ROOM = 20_000
"""Bytes that the headers of a record may take beside its value."""
FOR_EVER = -1
RECORDS = 3
"""How many partitions' newest records are looked at."""
APPLY = "python -m services.needs topics apply"


async def of_log(settings: Settings) -> list[Finding]:
    """Look at the brokers and at the topics of the catalogue."""
    try:
        missing = await missing_topics(settings)
        described = await _described(settings, [n for t in TOPICS if (n := settings.topic_prefix + t) not in missing])
        found = [*_of_settings(settings, described), *await _of_brokers_clock(settings, described)]
    except (KafkaError, OSError) as error:
        action = "periksa broker, BANGKOM_KAFKA_BOOTSTRAP, akun dan sertifikatnya"
        return [
            Finding(code="log-away", place="kafka", wrong=f"tidak terjangkau ({type(error).__name__})", action=action)
        ]
    absent = [Finding(code="topic-missing", place=name, wrong="topik ini tidak ada", action=APPLY) for name in missing]
    return [*absent, *found]


async def _described(settings: Settings, topics: list[str]) -> Mapping[str, Mapping[str, str]]:
    """The settings of each topic, with its partitions and copies among them."""
    if not topics:
        return {}
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in topics])
        partitions = {each["topic"]: each["partitions"] for each in await admin.describe_topics(topics)}
    finally:
        await admin.close()
    found = {}
    for answer in answers:
        for _, _, _, name, entries in answer.resources:
            copies = min(len(each["replicas"]) for each in partitions[name])
            shape = {"partitions": str(len(partitions[name])), "copies": str(copies)}
            found[name] = {entry[0]: entry[1] for entry in entries} | shape
    return found


def _of_settings(settings: Settings, described: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    for name, its in described.items():
        state = is_state_topic(name.removeprefix(settings.topic_prefix))
        needed = {
            "partitions": (int(its["partitions"]) == PARTITIONS, f"harus {PARTITIONS}"),
            "copies": (
                int(its["copies"]) >= settings.kafka_replication,
                f"paling sedikit {settings.kafka_replication}",
            ),
            "max.message.bytes": (
                int(its["max.message.bytes"]) >= LIMIT + HEADER_ROOM,
                f"paling sedikit {LIMIT + HEADER_ROOM}",
            ),
            "cleanup.policy": (
                its["cleanup.policy"] == ("compact" if state else "delete"),
                f"harus {'compact' if state else 'delete'}",
            ),
            "retention.ms": (
                state or _kept_for(its["retention.ms"]) >= settings.topic_retention_days * DAY_MS,
                f"paling sedikit {settings.topic_retention_days * DAY_MS}",
            ),
        }
        for setting, (is_so, rule) in needed.items():
            if not is_so:
                wrong = f"{setting} = {its[setting]}, {rule}"
                yield Finding(code="topic-settings", place=name, wrong=wrong, action="ubah dengan kafka-configs.sh")


def _kept_for(milliseconds: str) -> float:
    return float("inf") if int(milliseconds) == FOR_EVER else int(milliseconds)


async def _of_brokers_clock(settings: Settings, described: Mapping[str, Mapping[str, str]]) -> list[Finding]:
    """Compare with the newest record: brokers stamp it when they take it, its writer before it is sent.

    So a stamp in the future shows a clock that is ahead, and one older than the event itself a clock that is behind.
    Where days pass in seconds, events happen in times of their own.
    """
    if settings.simulation or not described:
        return []
    consumer = AIOKafkaConsumer(**client_options(settings), request_timeout_ms=REQUEST_MS * 2)
    try:
        await consumer.start()
        places = [TopicPartition(name, n) for name, its in described.items() for n in range(int(its["partitions"]))]
        ends = await consumer.end_offsets(places)
        ahead = 0.0
        for place in [place for place in places if ends[place]][:RECORDS]:
            ahead = max(ahead, await _ahead_of(consumer, place, ends[place] - 1), key=abs)
    finally:
        await consumer.stop()
    return of_clock("kafka", ahead)


async def _ahead_of(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int) -> float:
    """Seconds by which the stamp of a record lies after now or, negative, before its event happened; else 0."""
    consumer.assign([place])
    consumer.seek(place, offset)
    polled = await consumer.getmany(place, timeout_ms=REQUEST_MS, max_records=1)
    for record in polled.get(place, ()):
        stamp = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        if (ahead := (stamp - datetime.now(UTC)).total_seconds()) > 0:
            return ahead
        happened = [value for name, value in record.headers if name == "ce_time" and value]
        if happened:
            return min(0.0, (stamp - datetime.fromisoformat(happened[0].decode())).total_seconds())
    return 0.0
