"""The doctor finds what was planted, says what to do on one line, and finds nothing where nothing is wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from click.testing import CliRunner
from sqlalchemy import make_url

from services.__main__ import bangkom
from services.embedded import LINEAGES
from shared.db import Database, Origin, migrate
from shared.events.catalogue import TOPICS
from shared.events.contract import is_state_topic
from shared.ids import new_id
from shared.kafka import DAY_MS, PARTITIONS, apply_topics
from shared.operate import kept
from shared.operate.findings import of_disk
from shared.settings import settings_for
from tests.servers.kafka import NamedKafka
from tests.servers.postgres import NamedPostgres

DATABASES = ("needs", "training", "mentoring", "evaluation", "identity")
PASSWORD = "sandi-uji"
KEPT_MS = 2192 * DAY_MS


class Agency:
    """Databases of an agency, each with an account of its own, to which a superuser can do harm."""

    def __init__(self, server: NamedPostgres) -> None:
        self._server = server
        self.urls = {name: self._create(name) for name in DATABASES}

    def _create(self, name: str) -> str:
        made = make_url(self._server.create_database())
        role = f"r{new_id().hex[-12:]}"
        self._server._execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        self._server._execute(f"ALTER DATABASE {made.database} OWNER TO {role}")
        self._server._execute(f"REVOKE ALL ON DATABASE {made.database} FROM PUBLIC")
        url = made.set(username=role, password=PASSWORD).render_as_string(hide_password=False)
        asyncio.run(_migrated(url, name))
        return url

    def name(self, service: str) -> str:
        return str(make_url(self.urls[service]).database)

    def role(self, service: str) -> str:
        return str(make_url(self.urls[service]).username)

    def harm(self, statement: str, service: str = "training") -> None:
        """Have the superuser do something in a service's database."""
        self._server._execute_in(self.name(service), statement)

    def drop(self) -> None:
        for url in self.urls.values():
            self._server.drop_database(url)
            self._server._execute(f"DROP ROLE {make_url(url).username}")


async def _migrated(url: str, name: str) -> None:
    database = Database(url, Origin(agency="medan", service=name))
    try:
        await migrate(database, LINEAGES[name])
    finally:
        await database.close()


@pytest.fixture(scope="module")
def agency(postgres_server: NamedPostgres) -> Iterator[Agency]:
    agency = Agency(postgres_server)
    yield agency
    agency.drop()


@pytest.fixture(scope="module")
def prefix(kafka_server: NamedKafka) -> str:
    """That of topics as they should be."""
    prefix = f"t{new_id().hex[-10:]}."
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BANGKOM_KAFKA_BOOTSTRAP", kafka_server.bootstrap)
        environment.setenv("BANGKOM_TOPIC_PREFIX", prefix)
        asyncio.run(apply_topics(settings_for()))
    return prefix


@pytest.fixture
def healthy(
    agency: Agency, kafka_server: NamedKafka, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A full installation in which all is well; its folder."""
    monkeypatch.chdir(tmp_path)
    settings = {
        "AGENCY": "medan",
        "TRANSPORT": "kafka",
        "KAFKA_BOOTSTRAP": kafka_server.bootstrap,
        "TOPIC_PREFIX": prefix,
        **{f"{name.upper()}_DATABASE_URL": url for name, url in agency.urls.items()},
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"BANGKOM_{name}", value)
    keep(tmp_path, datetime.now(UTC))
    return tmp_path


def keep(folder: Path, made_at: datetime) -> None:
    """Put a backup of that moment, of which nothing but its paper is left, in the place of the one before."""
    path = folder / "backups" / "bangkom-medan"
    path.mkdir(parents=True, exist_ok=True)
    paper = kept.Kept(
        format=1, kind="full", agency="medan", program="0.1.0", made_at=made_at, postgres=180_004, bytes=1,
        databases={}, versions={}, files={},
    )  # fmt: skip
    (path / kept.PAPER).write_bytes(kept.seal(paper))


def findings(expected: int = 1) -> list[tuple[str, str]]:
    """What the doctor finds: codes and places; each has an action."""
    answer = CliRunner().invoke(bangkom, ["doctor", "--json"])
    assert answer.exit_code == expected, (answer.output, answer.exception)
    assert PASSWORD not in answer.output
    found = json.loads(answer.output)
    assert all(each["wrong"] and each["action"] for each in found)
    return [(each["code"], each["place"]) for each in found]


def test_nothing_is_found_where_all_is_well(healthy: Path) -> None:
    answer = CliRunner().invoke(bangkom, ["doctor"])

    assert (answer.exit_code, answer.output) == (0, "Tidak ada temuan.\n")
    assert findings(expected=0) == []


SETTINGS: dict[str, tuple[dict[str, str | None], tuple[str, str]]] = {
    "wrong setting": ({"PORT": "delapan"}, ("setting", "pengaturan")),
    "unknown setting": ({"PORTS": "8000"}, ("setting", "pengaturan")),
    "address missing": ({"TRAINING_DATABASE_URL": None}, ("setting", "pengaturan")),
    "brokers away": ({"KAFKA_BOOTSTRAP": "127.0.0.1:1"}, ("log-away", "kafka")),
}


@pytest.mark.parametrize("what", SETTINGS)
def test_wrong_setting_is_found(healthy: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    changed, found = SETTINGS[what]
    for name, value in changed.items():
        if value is None:
            monkeypatch.delenv(f"BANGKOM_{name}")
        else:
            monkeypatch.setenv(f"BANGKOM_{name}", value)

    assert findings() == [found]


@pytest.mark.parametrize("change", [{"host": "127.0.0.1", "port": 1, "query": {}}, {"database": "nowhere"}])
def test_database_that_does_not_answer_is_found(
    healthy: Path, agency: Agency, monkeypatch: pytest.MonkeyPatch, change: Mapping[str, Any]
) -> None:
    url = make_url(agency.urls["training"]).set(**change).render_as_string(hide_password=False)
    monkeypatch.setenv("BANGKOM_TRAINING_DATABASE_URL", url)

    assert findings() == [("database-away", "training")]


ROW = "'bangkom.training', 'kunci'"
HARM = {
    "tables-old": (
        "UPDATE kernel_version SET version_num = '0001'",
        "UPDATE kernel_version SET version_num = '{head}'",
    ),
    "tables-new": (
        "UPDATE kernel_version SET version_num = '9999'",
        "UPDATE kernel_version SET version_num = '{head}'",
    ),
    "consumer-stopped": (
        (
            "INSERT INTO consumer_state (name, stopped_at, reason) VALUES ('training', now(), 'KeyError')"
            " ON CONFLICT (name) DO UPDATE SET stopped_at = now(), reason = 'KeyError'"
        ),
        "DELETE FROM consumer_state",
    ),
    "keys-refused": (f"INSERT INTO refused_keys VALUES ({ROW}, 1, 'too large')", "DELETE FROM refused_keys"),
    "dead-letters": (
        (
            'INSERT INTO held_records (event_id, status, reason, topic, partition, "offset", headers, value_sha256,'
            " timestamp_ms) VALUES (gen_random_uuid(), 'DEAD', 'handler', 'bangkom.needs', 0, 0, '[]', '', 0)"
        ),
        "DELETE FROM held_records",
    ),
    "outbox-old": (
        (
            "INSERT INTO outbox (event_id, topic, key, headers, created_at)"
            f" VALUES (gen_random_uuid(), {ROW}, '{{}}', now() - interval '6 minutes')"
        ),
        "DELETE FROM outbox",
    ),
    "timers-late": (
        (
            "INSERT INTO timers (id, kind, subject_id, due_at)"
            " VALUES (gen_random_uuid(), 'any', gen_random_uuid(), now() - interval '16 minutes')"
        ),
        "DELETE FROM timers",
    ),
    "rights-wide": ("ALTER ROLE {role} SUPERUSER", "ALTER ROLE {role} NOSUPERUSER"),
}


@pytest.mark.parametrize("code", HARM)
def test_harm_done_to_a_database_is_found(healthy: Path, agency: Agency, code: str) -> None:
    head = max(path.name[:4] for path in LINEAGES["training"][0].versions.glob("*.py"))
    harm, mend = (
        each.replace("{head}", head).replace("{role}", agency.role("training")).replace("{{}}", "{}")
        for each in HARM[code]
    )
    agency.harm(harm)

    try:
        found = findings()
    finally:
        agency.harm(mend)

    # A superuser may enter everywhere.
    assert set(found) == {(code, "training")}


def test_account_that_may_enter_the_database_of_another_service_is_found(healthy: Path, agency: Agency) -> None:
    agency.harm(f"GRANT CONNECT ON DATABASE {agency.name('needs')} TO {agency.role('training')}")

    try:
        answer = CliRunner().invoke(bangkom, ["doctor"])
    finally:
        agency.harm(f"REVOKE CONNECT ON DATABASE {agency.name('needs')} FROM {agency.role('training')}")

    assert answer.exit_code == 1
    assert answer.output == (
        f"training: akunnya dapat masuk ke {agency.name('needs')} → "
        f"REVOKE CONNECT ON DATABASE {agency.name('needs')} dari akun ini dan dari PUBLIC\n"
    )


def test_backup_that_is_missing_or_old_is_found(healthy: Path) -> None:
    keep(healthy, datetime.now(UTC) - timedelta(hours=27))
    old = findings()
    (healthy / "backups" / "bangkom-medan" / kept.PAPER).unlink()
    missing = findings()

    assert old == missing == [("backup-old", "backups")]


def test_full_disk_is_found(tmp_path: Path) -> None:
    [found] = of_disk(tmp_path / "not" / "there" / "yet", least=2**62)

    assert (found.code, of_disk(tmp_path, least=1)) == ("disk-full", [])


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clock_of_a_database_that_differs_is_found(healthy: Path, seconds: int) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True):
        found = findings()

    assert found == [("clock-skew", f"{name} (basis data)") for name in DATABASES]


TOPIC_FAULTS: dict[str, dict[str, str]] = {
    "bangkom.needs": {"max.message.bytes": "100000"},
    "bangkom.training": {"retention.ms": str(DAY_MS)},
    "bangkom.employees": {"cleanup.policy": "delete"},
}
FEW_PARTITIONS, ABSENT = "bangkom.mentoring", "bangkom.evaluation"


def test_topics_that_are_missing_or_of_other_settings_are_found(
    healthy: Path, kafka_server: NamedKafka, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = {topic: {"cleanup.policy": "compact"} if is_state_topic(topic) else {} for topic in TOPICS}
    topics = [
        NewTopic(
            topic_prefix + topic,
            3 if topic == FEW_PARTITIONS else PARTITIONS,
            1,
            topic_configs={"retention.ms": str(KEPT_MS), **right[topic], **TOPIC_FAULTS.get(topic, {})},
        )
        for topic in TOPICS
        if topic != ABSENT
    ]
    asyncio.run(created(kafka_server, topics))
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)

    found = findings()

    wrong = {("topic-settings", topic_prefix + topic) for topic in (*TOPIC_FAULTS, FEW_PARTITIONS)}
    assert set(found) == wrong | {("topic-missing", topic_prefix + ABSENT)}
    assert len(found) == 5


async def created(server: NamedKafka, topics: list[NewTopic]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=server.bootstrap)
    await admin.start()
    try:
        await admin.create_topics(topics)
    finally:
        await admin.close()


@pytest.mark.parametrize("minutes", [-10, 10])
def test_clock_of_the_brokers_that_differs_is_found(
    healthy: Path, kafka_server: NamedKafka, topic_prefix: str, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
    topics = [
        NewTopic(topic_prefix + topic, PARTITIONS, 1, topic_configs={"retention.ms": str(KEPT_MS)} | policy(topic))
        for topic in TOPICS
    ]
    asyncio.run(created(kafka_server, topics))

    asyncio.run(stamped(kafka_server, f"{topic_prefix}bangkom.training", minutes))

    assert findings() == [("clock-skew", "kafka")]


def policy(topic: str) -> dict[str, str]:
    return {"cleanup.policy": "compact"} if is_state_topic(topic) else {}


async def stamped(server: NamedKafka, topic: str, minutes: int) -> None:
    """Leave a record whose stamp is that of a broker with another clock."""
    now = datetime.now(UTC)
    producer = AIOKafkaProducer(bootstrap_servers=server.bootstrap, acks="all")
    await producer.start()
    try:
        stamp = int((now + timedelta(minutes=minutes)).timestamp() * 1000)
        headers = [("ce_time", now.isoformat().encode())]
        await producer.send_and_wait(topic, b"{}", key=b"key", timestamp_ms=stamp, headers=headers)
    finally:
        await producer.stop()


def test_embedded_installation_without_data_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path, datetime.now(UTC))

    assert findings() == [("database-away", "data")]
