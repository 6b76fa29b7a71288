"""What operators ask about the flow of events, on both logs, and how a stopped consumer goes on."""

import orjson
import pytest
from click.testing import Result
from sqlalchemy import func

from shared import kafka
from shared.delivery.transport import Outgoing, Transport
from shared.delivery.worker import group_of
from shared.event_log import EmbeddedTransport
from shared.identity.cli import accounts
from shared.ids import new_id
from shared.operate.delivery import lag, resume
from shared.operate.installation import Log
from shared.operate.letters import dead_letters
from shared.operate.outbox import outbox
from shared.settings import settings_for
from shared.tables import ConsumerState
from tests.integration.operate.office import Office, measured
from tests.servers.postgres import NamedPostgres
from tests.waiting import wait_until


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


async def test_lag_is_counted_by_topic_until_all_is_taken(office: Office, log: Log) -> None:
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


async def test_database_without_tables_is_not_called_away(office: Office, postgres_server: NamedPostgres) -> None:
    kept, office.urls["evaluation"] = office.urls["evaluation"], postgres_server.create_database()
    try:
        answer = await office.operate(outbox)
    finally:
        postgres_server.drop_database(office.urls["evaluation"])
        office.urls["evaluation"] = kept

    assert answer.exit_code == 1
    assert answer.output.startswith("Error: Basis data menolak (")
    assert answer.output.endswith("); apakah tabelnya mutakhir (migrate)?\n")


async def test_lag_is_told_to_programs_too(office: Office) -> None:
    answer = await office.operate(lag, "--json")

    assert orjson.loads(answer.output) == [
        {"service": "evaluation", "topic": topic, "lag": 0}
        for topic in ("bangkom.employees", "bangkom.reference", "bangkom.training")
    ]
