"""The compose file runs: its commands as processes, over a broker and a database that let nobody in without a right."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from prometheus_client.parser import text_string_to_metric_families

from services.embedded import SERVICES as PUT_TOGETHER
from shared.events.catalogue import TOPICS
from shared.operate import kept
from shared.process import Part
from tests.deploy.composed import Composed
from tests.deploy.exposed import MOST_SERIES, known, panels, rules, series_of
from tests.deploy.queries import missing
from tests.journeys import test_one_case
from tests.journeys.installations import SERVICES

CERTIFICATE_GOOD = timedelta(days=825)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another account, the database's, can reach."""
    with TemporaryDirectory(prefix="bangkom-full-") as path:
        Path(path).chmod(0o711)
        yield Path(path)


@pytest.fixture
async def composed(folder: Path) -> AsyncIterator[Composed]:
    installation = Composed(folder)
    yield installation
    await installation.close()


async def test_compose_file_carries_a_need_through_the_loop_and_lets_nobody_else_in(composed: Composed) -> None:
    await test_one_case.test_need_is_met_by_the_follow_up_of_a_training_that_did_not_help(composed)

    assert composed.bangkom("dead-letters", "list").stdout == "0 catatan.\n"
    await check_figures(composed)
    await check_surroundings(composed)
    await check_broker(composed)
    await check_databases(composed)
    await check_backup(composed)
    assert set((await composed.stop()).values()) == {0}
    await check_changed_secrets(composed)


async def check_figures(composed: Composed) -> None:
    """Each process tells what its kind does, together no more series than they may, and all that anybody asks for."""
    pages: dict[str, str] = {}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for name in (f"{service}-{part}" for service in SERVICES for part in Part):
            pages[name] = (await client.get(f"http://{composed.places.address(name, 9000)}/metrics")).text
    told = {name: series_of(page) for name, page in pages.items()}

    for service, put_together in PUT_TOGETHER.items():
        work = {figure.gauge._name for figure in put_together.figures if not figure.sparse}
        assert work <= told[f"{service}-worker"].keys()
        assert not work & (told[f"{service}-web"].keys() | told[f"{service}-relay"].keys())
    answering = [name for name in told if told[name]["bangkom_http_requests_total"]]
    assert sorted(answering) == sorted(f"{service}-web" for service in SERVICES)
    assert sum(len(labels) for series in told.values() for labels in series.values()) <= MOST_SERIES
    names = known(*pages.values())
    assert {query: unknown for query in (*rules(), *panels()) if (unknown := missing(query, names))} == {}


async def check_surroundings(composed: Composed) -> None:
    """What watches tells of every disk and every certificate, and that there is no backup yet."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        page = (await client.get(f"http://{composed.places.address('watch', 9000)}/metrics")).text
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }

    for volume in ("postgres", "kafka-1", "backups", "prometheus"):
        assert 0 < told["bangkom_disk_free_bytes", volume] < told["bangkom_disk_size_bytes", volume]
    assert told["bangkom_backup_made_timestamp_seconds", "medan"] == 0
    for server in (("gateway", 8443), ("kafka-1", 9092), ("postgres", 5432)):
        ends = told["bangkom_certificate_ends_timestamp_seconds", composed.places.address(*server)]
        assert timedelta(seconds=ends - time.time()) == pytest.approx(CERTIFICATE_GOOD, abs=timedelta(days=1))


async def check_broker(composed: Composed) -> None:
    """Nobody without a password, nothing beyond the rights of the account, no topic that nobody ordered."""
    strangers: list[dict[str, Any]] = [
        {"security_protocol": "PLAINTEXT"},
        {"security_protocol": "SSL", "ssl_context": composed.trust},
        {**account(composed, "training"), "sasl_plain_password": "tebakan"},
        {**account(composed, "training"), "sasl_plain_username": "nobody"},
        {**account(composed, "training"), "ssl_context": ssl.create_default_context()},
    ]
    for stranger in strangers:
        with pytest.raises(KafkaError):
            await topics_seen(composed, stranger)

    assert await topics_seen(composed, account(composed, "training")) == set(TOPICS)
    with pytest.raises(TopicAuthorizationFailedError):
        await write(composed, "training", "bangkom.needs")
    await read(composed, "training", "bangkom.needs", group="bangkom.training")
    with pytest.raises(TopicAuthorizationFailedError):
        await read(composed, "needs", "bangkom.training", group="bangkom.needs")
    with pytest.raises(GroupAuthorizationFailedError):
        await read(composed, "training", "bangkom.needs", group="bangkom.evaluation")
    with pytest.raises(UnknownTopicOrPartitionError):
        await write(composed, "admin", "bangkom.nowhere")
    assert "bangkom.nowhere" not in await topics_seen(composed, account(composed, "admin"))


def account(composed: Composed, name: str) -> dict[str, Any]:
    """How a service, or the administrator, reaches the broker."""
    password = (composed.folder / "secrets" / f"kafka_{name}_password").read_text().strip()
    return {
        "security_protocol": "SASL_SSL",
        "ssl_context": composed.trust,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": name,
        "sasl_plain_password": password,
    }


def brokers(composed: Composed) -> str:
    return composed.places.address("kafka-1", 9092)


async def topics_seen(composed: Composed, access: dict[str, Any]) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=brokers(composed), request_timeout_ms=10_000, **access)
    try:
        await admin.start()
        return {topic for topic in await admin.list_topics() if not topic.startswith("__")}
    finally:
        await admin.close()


async def write(composed: Composed, name: str, topic: str) -> None:
    access = account(composed, name)
    producer = AIOKafkaProducer(
        bootstrap_servers=brokers(composed), request_timeout_ms=5_000, enable_idempotence=False, **access
    )
    try:
        await producer.start()
        if not await producer.partitions_for(topic):
            raise UnknownTopicOrPartitionError(topic)
        await producer.send_and_wait(topic, b"{}", partition=0)
    finally:
        await producer.stop()


async def read(composed: Composed, name: str, topic: str, *, group: str) -> None:
    """Ask for the place of the group in the topic, and for a record."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers(composed), group_id=group, enable_auto_commit=False, **account(composed, name)
    )
    place = TopicPartition(topic, 0)
    try:
        await consumer.start()
        consumer.assign([place])
        await consumer.committed(place)
        await consumer.seek_to_beginning(place)
        # Comes back with the first record or refusal.
        await consumer.getmany(timeout_ms=10_000)
    finally:
        await consumer.stop()


async def check_databases(composed: Composed) -> None:
    """Each service reaches its own database, and no other, and changes no table; a wrong password reaches none."""
    for service in SERVICES:
        own = composed.dsn(service)
        await enter(composed, own)
        await enter(composed, owner := composed.database(service, composed.places.secrets(f"{service}-migrate")))
        for other in (*SERVICES, "identity", "postgres", "template1"):
            if other != service:
                name = other if other in {"postgres", "template1"} else f"bangkom_{other}"
                for account in (own, owner):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await enter(composed, account.rpartition("/")[0] + f"/{name}")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await enter(composed, own.replace("@", "0@"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await enter(composed, own, "DROP TRIGGER audit_entries_append_only ON audit_entries")
    address = composed.places.address("postgres", 5432)
    password = (composed.folder / "secrets" / "postgres_password").read_text().strip()
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="rejects"):
        await enter(composed, f"postgresql://postgres:{password}@{address}/postgres")


async def check_backup(composed: Composed) -> None:
    """The account of the backups copies the server whole and reads no table; then a doctor finds nothing."""
    copying = composed.database("backup", composed.places.secrets("wal"))
    await enter(composed, copying)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await enter(composed, copying.rpartition("/")[0] + "/bangkom_needs")

    composed.bangkom("backup")

    [(path, paper)] = kept.all_kept(Path(str(composed.everything["BANGKOM_BACKUPS"])))
    assert (paper.kind, set(paper.versions)) == ("full", {*SERVICES, "identity"})
    composed.bangkom("restore", str(path), "--check")
    assert composed.bangkom("doctor").stdout == "Tidak ada temuan.\n"


async def check_changed_secrets(composed: Composed) -> None:
    """As the runbook tells it: what is removed is made anew, and the jobs tell database and brokers."""
    old_address, old_access = composed.dsn("needs"), account(composed, "admin")
    (composed.folder / "secrets" / "needs_database_url").unlink()
    composed.make_secrets()
    composed.places.forget_secrets()
    await composed.run_again("databases")
    await enter(composed, composed.dsn("needs"))
    with pytest.raises(asyncpg.InvalidPasswordError):
        await enter(composed, old_address)

    await composed.run_again("kafka-accounts", "admin", stdin="sandi-baru-administrator\n")
    assert await topics_seen(composed, {**old_access, "sasl_plain_password": "sandi-baru-administrator"})
    with pytest.raises(KafkaError):
        await topics_seen(composed, old_access)


async def enter(composed: Composed, dsn: str, statement: str = "SELECT 1") -> None:
    """Come in encrypted, and do something; nobody does so as a superuser."""
    # Of its own: what speaks HTTP says so in the one that it is given.
    trust = ssl.create_default_context(cafile=composed.folder / "secrets" / "authority.pem")
    connection = await asyncpg.connect(dsn, ssl=trust)
    try:
        assert await connection.fetchval("SELECT NOT rolsuper FROM pg_roles WHERE rolname = current_user")
        await connection.execute(statement)
    finally:
        await connection.close()
