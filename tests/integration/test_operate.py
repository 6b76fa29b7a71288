"""What operators do from the command line about the flow of events, on real databases and both logs."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import pytest
from click.testing import CliRunner, Result
from fastapi import APIRouter
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit, kafka
from shared.db import Database
from shared.delivery.consumer import Consumer, Handlers
from shared.delivery.envelope import Received, Record
from shared.delivery.transport import Outgoing, Transport
from shared.delivery.worker import group_of
from shared.directory import DIRECTORY_HANDLERS
from shared.event_log import EmbeddedTransport
from shared.events.training import LearningMeasured
from shared.identity.cli import accounts
from shared.ids import new_id
from shared.operate.delivery import lag, outbox, resume
from shared.operate.installation import opened
from shared.operate.letters import dead_letters
from shared.runtime import Service
from shared.settings import Settings, settings_for
from shared.tables import ConsumerState, HeldRecord, Outbox, RefusedKey
from tests.conftest import MakeDatabase
from tests.records import record_of
from tests.servers.kafka import NamedKafka
from tests.servers.postgres import NamedPostgres
from tests.waiting import wait_until

NAME = "Siti Rahmawati"


@dataclass
class Office:
    """An installation of services that take scores down, each with its database; broken, they take none."""

    settings: Settings
    urls: dict[str, str]
    log: Transport
    broken: bool = False
    services: Mapping[str, Service] = field(init=False)

    def __post_init__(self) -> None:
        handlers: Handlers = {LearningMeasured: self._take_down}
        self.services = {
            name: Service(name=name, title=name, summary="", folder=Path(), router=APIRouter(), handlers=handlers)
            for name in self.urls
        }

    async def _take_down(self, session: AsyncSession, events: list[Received[LearningMeasured]]) -> None:
        if self.broken:
            raise RuntimeError(NAME)
        scores = [{"subject": event.subject, "score": event.data.post_score} for event in events]
        await session.execute(text("INSERT INTO scores (subject, score) VALUES (:subject, :score)"), scores)

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        async with opened(self.urls[service], self.settings, service) as database:
            yield database

    def identity(self) -> Any:
        return self.database(next(iter(self.urls)))

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[Transport]:
        yield self.log

    async def take(self, *records: Record, service: str = "evaluation") -> None:
        """Let a service take records as its worker would."""
        async with self.database(service) as database:
            await self.consumer(database).take(records)

    def consumer(self, database: Database) -> Consumer:
        handlers = self.services[database.origin.service].handlers
        return Consumer(database, {**DIRECTORY_HANDLERS, **handlers}, frozenset({"medan"}))

    async def scores(self, service: str = "evaluation") -> list[tuple[UUID, int]]:
        async with self.database(service) as database, database.session() as session:
            rows = await session.execute(text("SELECT subject, score FROM scores ORDER BY nth"))
            return [(subject, score) for subject, score in rows]

    async def held(self, service: str = "evaluation") -> list[HeldRecord]:
        async with self.database(service) as database, database.session() as session:
            return list(await session.scalars(select(HeldRecord).order_by(HeldRecord.id)))

    async def acts(self, service: str = "evaluation") -> list[str]:
        """What the audit log says was done."""
        async with self.database(service) as database, database.session() as session:
            return list(await session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.id)))

    async def operate(self, command: click.Command, *words: str, typed: str = "") -> Result:
        """Run a command as the operator's program does."""
        return await asyncio.to_thread(CliRunner().invoke, command, words, input=typed, obj=self)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BANGKOM_AGENCY", "medan")
    return settings_for()


@pytest.fixture
async def office(settings: Settings, make_database: MakeDatabase) -> Office:
    database = await make_database(service="evaluation", agency="medan")
    await _scores_table(database)
    return Office(settings, {"evaluation": database.url}, log=EmbeddedTransport(_dsn(database.url)))


@pytest.fixture
async def offices(office: Office, make_database: MakeDatabase) -> Office:
    """An installation of two services."""
    database = await make_database(service="mentoring", agency="medan")
    await _scores_table(database)
    return Office(office.settings, {**office.urls, "mentoring": database.url}, log=office.log)


async def _scores_table(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("CREATE TABLE scores (nth int GENERATED ALWAYS AS IDENTITY, subject uuid, score int)")
        )


def _dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def measured(subject: UUID, score: int) -> Record:
    others = {"class_id": new_id(), "program_id": new_id(), "employee_id": new_id()}
    return record_of(LearningMeasured(enrolment_id=subject, post_score=score, max_score=100, **others))


async def park(office: Office, *records: Record, service: str = "evaluation") -> int:
    """Have a fault of the handlers park the first record, and the others of its key behind it; gives its number."""
    office.broken = True
    await office.take(*records, service=service)
    office.broken = False
    return (await office.held(service))[0].id


async def test_dead_letter_is_listed_without_those_that_wait_behind_it(office: Office) -> None:
    subject = new_id()
    number = await park(office, measured(subject, 61), measured(subject, 62))

    dead, all_held = await office.operate(dead_letters, "list"), await office.operate(dead_letters, "list", "--all")

    assert (dead.exit_code, all_held.exit_code) == (0, 0)
    first, count = dead.output.splitlines()
    assert first.startswith(f"evaluation\t{number}\tDEAD\tbangkom.training.learning_measured.v1\thandler:RuntimeError")
    assert count == "1 catatan."
    assert [line.split("\t")[2] for line in all_held.output.splitlines()[:-1]] == ["DEAD", "BEHIND"]
    assert NAME not in all_held.output


async def test_dead_letter_is_shown_with_headers_and_content(office: Office) -> None:
    subject = new_id()
    number = await park(office, measured(subject, 61))

    shown = await office.operate(dead_letters, "show", str(number))

    assert shown.exit_code == 0
    assert {"status: DEAD", "topic: bangkom.training", f"key: {subject}", f"ce_subject: {subject}"} <= set(
        shown.output.splitlines()
    )
    assert '"post_score":61' in shown.output


async def test_replayed_letter_takes_effect_and_then_what_waits_behind_it(office: Office) -> None:
    subject, other = new_id(), new_id()
    number = await park(office, measured(subject, 61), measured(subject, 62))
    await office.take(measured(subject, 63), measured(other, 50))
    assert await office.scores() == [(other, 50)]

    replayed = await office.operate(dead_letters, "replay", str(number))

    assert (replayed.exit_code, replayed.output) == (0, "Selesai.\n")
    assert await office.scores() == [(other, 50), (subject, 61), (subject, 62), (subject, 63)]
    assert await office.held() == []
    assert await office.acts() == ["dead_letter_replayed"]


async def test_letter_that_fails_again_stays_and_says_so(office: Office) -> None:
    number = await park(office, measured(new_id(), 61))
    office.broken = True

    replayed = await office.operate(dead_letters, "replay", str(number))

    assert (replayed.exit_code, "Masih gagal" in replayed.output, NAME in replayed.output) == (1, True, False)
    assert [(row.id, row.status, row.attempts) for row in await office.held()] == [(number, "DEAD", 1)]


async def test_discarded_letter_makes_way_for_what_waits_behind_it(office: Office) -> None:
    subject = new_id()
    number = await park(office, measured(subject, 61), measured(subject, 62))

    discarded = await office.operate(dead_letters, "discard", str(number), "--yes")

    assert (discarded.exit_code, discarded.output) == (0, "Dibuang.\n")
    assert (await office.scores(), await office.held()) == ([(subject, 62)], [])
    assert await office.acts() == ["dead_letter_discarded"]


async def test_letter_is_not_discarded_by_mistake(office: Office) -> None:
    number = await park(office, measured(new_id(), 61))

    answers = [await office.operate(dead_letters, "discard", str(number), typed=typed) for typed in ("n\n", "")]

    assert [answer.exit_code for answer in answers] == [1, 1]
    assert (len(await office.held()), await office.acts()) == (1, [])


async def test_letter_with_personal_data_shows_none_and_cannot_be_replayed(office: Office) -> None:
    value = b'{"name": "%s"}' % NAME.encode()
    await office.take(
        Record("bangkom.employees", 0, 7, str(new_id()), [("ce_id", b"no uuid")], value, 1_770_000_000_000)
    )
    (row,) = await office.held()

    shown = await office.operate(dead_letters, "show", str(row.id))
    replayed = await office.operate(dead_letters, "replay", str(row.id))
    discarded = await office.operate(dead_letters, "discard", str(row.id), "--yes")

    assert (shown.exit_code, replayed.exit_code, discarded.exit_code) == (0, 1, 0)
    assert NAME not in shown.output
    assert replayed.output.startswith("Error: Isi catatan ini data pribadi")
    assert await office.held() == []


@pytest.mark.parametrize("words", [("show", "4711"), ("replay", "4711"), ("discard", "4711", "--yes")])
async def test_unknown_letter_is_named_and_nothing_noted(office: Office, words: tuple[str, ...]) -> None:
    answer = await office.operate(dead_letters, *words)

    assert (answer.exit_code, answer.output) == (1, "Error: Tidak ada catatan tertahan dengan nomor 4711.\n")
    assert await office.acts() == []


async def test_one_of_several_services_must_be_named(offices: Office) -> None:
    number = await park(offices, measured(new_id(), 61), service="mentoring")

    unnamed = await offices.operate(dead_letters, "replay", str(number))
    unknown = await offices.operate(resume, "--service", "payroll")
    named = await offices.operate(dead_letters, "replay", str(number), "--service", "mentoring")

    assert (unnamed.exit_code, unknown.exit_code, named.exit_code) == (2, 2, 0)
    assert "evaluation, mentoring" in unnamed.output
    assert (len(await offices.scores("mentoring")), await offices.acts("evaluation")) == (1, [])
    assert (await offices.operate(dead_letters, "list")).output == "0 catatan.\n"


async def test_outbox_tells_what_waits_and_which_keys_are_refused(office: Office) -> None:
    kept = {"event_id": new_id(), "topic": "bangkom.evaluation", "key": "kunci-1", "headers": {}}
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add_all([Outbox(**kept), Outbox(**kept, published_at=func.clock_timestamp())])
    waiting = await office.operate(outbox)
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add(RefusedKey(topic="bangkom.evaluation", key="kunci-1", seq=1, reason="MessageSizeTooLargeError"))
    refused = await office.operate(outbox)
    released = await office.operate(outbox, "--release")

    assert (waiting.exit_code, refused.exit_code, released.exit_code) == (0, 1, 0)
    assert waiting.output.startswith("evaluation\tbelum terkirim 1\ttertua ")
    assert "evaluation\tditolak\tbangkom.evaluation\tkunci-1\t1\tMessageSizeTooLargeError\n" in refused.output
    assert "ditolak" not in released.output
    assert await office.acts() == ["refused_keys_released"]


async def test_stopped_consumer_goes_on_once_an_operator_says_so(office: Office) -> None:
    async with office.database("evaluation") as database, database.transaction() as session:
        stop = ConsumerState(name="evaluation", stopped_at=func.clock_timestamp(), reason="handler:KeyError in f:1")
        session.add(stop)

    resumed = await office.operate(resume)
    again = await office.operate(resume)
    await office.take(measured(new_id(), 61))

    assert (resumed.exit_code, resumed.output) == (0, "Dilanjutkan (tadinya: handler:KeyError in f:1).\n")
    assert (again.exit_code, again.output) == (0, "Layanan ini tidak sedang berhenti.\n")
    assert await office.acts() == ["consumer_resumed"]
    async with office.database("evaluation") as database:
        consumer = office.consumer(database)
        await consumer.load_state()
    assert consumer.stopped is None


@pytest.fixture
def embedded_log(postgres_server: NamedPostgres) -> Iterator[Transport]:
    url = postgres_server.create_database()
    yield EmbeddedTransport(_dsn(url))
    postgres_server.drop_database(url)


@pytest.fixture
def kafka_log(kafka_server: NamedKafka, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Transport:
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", kafka_server.bootstrap)
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
    return kafka.transport(settings_for())


@pytest.fixture(params=["embedded", "kafka"])
def log(request: pytest.FixtureRequest) -> Transport:
    """An empty log of either kind."""
    found: Transport = request.getfixturevalue(f"{request.param}_log")
    return found


async def test_lag_is_counted_by_topic_until_all_is_taken(office: Office, log: Transport) -> None:
    office.log = log
    sender = await log.open_sender()
    rows = [Outgoing(n, "bangkom.training", str(new_id()), [("ce_id", b"1")], b"{}") for n in range(3)]
    assert sorted((await sender.send(rows)).confirmed) == [0, 1, 2]
    await sender.close()

    behind = await wait_until(lambda: _lag_known(office), within=30)
    await _take_all(log, ["bangkom.employees", "bangkom.reference", "bangkom.training"], len(rows))
    done = await office.operate(lag)

    assert (behind.exit_code, done.exit_code) == (1, 0)
    assert behind.output == (
        "evaluation\tbangkom.employees\t0\nevaluation\tbangkom.reference\t0\nevaluation\tbangkom.training\t3\n"
    )
    assert [line.split("\t")[2] for line in done.output.splitlines()] == ["0", "0", "0"]


async def _lag_known(office: Office) -> Result | None:
    """The answer of the first group's coordinator, which a new broker must choose first."""
    answer = await office.operate(lag)
    return None if "CoordinatorNotAvailable" in answer.output else answer


async def _take_all(log: Transport, topics: list[str], count: int) -> None:
    source = await log.open_source(group_of("evaluation"), topics)
    try:
        while count > 0:
            count -= len(await source.poll())
            await source.commit()
    finally:
        await source.close()


async def test_server_that_is_away_is_one_line(office: Office) -> None:
    office.urls["evaluation"] = "postgresql+asyncpg://bangkom:rahasia@127.0.0.1:1/evaluasi"
    office.log = EmbeddedTransport("postgresql://bangkom:rahasia@127.0.0.1:1/peristiwa")

    answers = [
        await office.operate(dead_letters, "list"),
        await office.operate(outbox),
        await office.operate(lag),
        await office.operate(resume),
        await office.operate(accounts, "list"),
    ]

    assert [answer.exit_code for answer in answers] == [1] * len(answers)
    assert {answer.output for answer in answers} == {
        "Error: Basis data atau Kafka tidak terjangkau (ConnectionRefusedError).\n"
    }


async def test_broker_that_is_away_is_one_line(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    office.log = kafka.transport(settings_for())

    answer = await office.operate(lag)

    assert (answer.exit_code, len(answer.output.splitlines())) == (1, 1)
    assert "tidak terjangkau" in answer.output
