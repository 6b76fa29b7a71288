"""The whole installation: each service as web, worker and relay, over a Kafka and a PostgreSQL of its own."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from sqlalchemy import make_url

from shared.delivery.worker import group_of
from shared.directory import DIRECTORY_HANDLERS
from shared.events.catalogue import TOPIC_PUBLISHER
from shared.events.contract import Event
from shared.ids import new_id
from shared.kafka import PARTITIONS
from shared.settings import Settings
from tests.faults.figures import Figures, figures, samples
from tests.faults.whole.member import SERVICES, WITNESS, Order
from tests.faults.whole.processes import End, Member, outcome
from tests.journeys.first_hop import SAMPLES
from tests.journeys.installations import Apart, Program
from tests.servers.kafka import KafkaServer, free_ports
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until

PARTS = ("web", "worker", "relay")
DRAIN_SECONDS = 90.0
STARTED_SECONDS = 90.0
BATCH = 50
"""Records and rows taken at once: few enough that a fault falls between batches as often as into one."""

OWED = "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL), (SELECT coalesce(max(seq), 0) FROM outbox)"
WAITING = "SELECT count(*) FROM held_records WHERE status <> 'DEAD'"


class Whole(Apart):
    """Twelve processes that may be killed, stopped and started again one by one."""

    def __init__(
        self,
        folder: Path,
        postgres: PostgresServer,
        broker: KafkaServer,
        *,
        batch: int = BATCH,
        sewn: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        prefix = f"w{new_id().hex[-10:]}."
        super().__init__(folder, postgres, broker.bootstrap, prefix, parts=PARTS)
        self.postgres, self.broker, self.prefix = postgres, broker, prefix
        self.ends: list[End] = []
        self._doors: dict[str, str] = {}
        self._copies: dict[str, str] = {}
        for service in SERVICES:
            # A member that comes back under its name gets its partitions at once; else they wait for the dead one.
            self._settings[service, "worker"]["BANGKOM_KAFKA_INSTANCE_ID"] = f"{service}-worker"
        self._sewn = sewn or {}
        self.members = {key: self._member(*key, batch) for key in self._settings}
        self.parts = dict[tuple[str, str], Program](self.members)

    def _member(self, service: str, part: str, batch: int) -> Member:
        order = Order(
            service=service,
            arguments=[part],
            settings=_as_text(self._settings[service, part]),
            folder=str(self.folder),
            log=str(self.folder / f"{service}-{part}.log"),
            batch=batch,
            seed=f"{service} {part}",
            failures=self._sewn.get(part, {}).get("failures", 0.0),
            twice=self._sewn.get(part, {}).get("twice", 0.0),
        )
        return Member(order, self.ends)

    async def sew(self, service: str, part: str, **changes: object) -> None:
        """Start a part anew under other orders."""
        member = self.members[service, part]
        member.order = replace(member.order, **changes)  # type: ignore[arg-type]
        await member.murder()
        member.start()

    async def route(self, service: str, part: str, **settings: str) -> None:
        """Start a part anew with other settings, such as the way to its database."""
        await self.sew(service, part, settings=self.members[service, part].order.settings | settings)

    def of_service(self, service: str) -> list[Member]:
        return [member for (name, _), member in self.members.items() if name == service]

    def add_second(self, service: str, part: str) -> str:
        """Have a second process of a part of a service; gives its name."""
        port, operations = free_ports(2)
        second = f"second {part}"
        settings = {**self._settings[service, part], "BANGKOM_PORT": port, "BANGKOM_OPS_PORT": operations}
        if part == "worker":
            settings["BANGKOM_KAFKA_INSTANCE_ID"] = f"{service}-{second}"
        self._settings[service, second] = settings
        first = self.members[service, part].order
        order = replace(first, settings=_as_text(settings), log=str(self.folder / f"{service}-second-{part}.log"))
        self.members[service, second] = Member(order, self.ends)
        return second

    def port(self, service: str, part: str) -> int:
        """Where a process takes visitors."""
        return int(str(self._settings[service, part]["BANGKOM_PORT"]))

    def lead_people(self, service: str, port: int) -> None:
        """Have people reach the service there from now on."""
        self._doors[service] = f"http://127.0.0.1:{port}"

    def address(self, service: str) -> str:
        return self._doors.get(service) or super().address(service)

    # Operators

    def _run(
        self, arguments: Sequence[str], settings: dict[str, object], *, expected: int, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        assert stdin is None, "commands here are given nothing to read"
        code, shown = self._command(arguments, settings)
        assert code == expected, f"{arguments}: {code}\n{shown}"
        return subprocess.CompletedProcess([*arguments], code, shown, "")

    def try_command(self, service: str, *arguments: str) -> int:
        """Run an operator's command, which may fail now; gives its exit code."""
        return self._command([*self.program(service), *arguments], self.settings(service))[0]

    def _command(self, arguments: Sequence[str], settings: dict[str, object]) -> tuple[int, str]:
        log = self.folder / f"command-{new_id().hex}.txt"
        order = Order(
            service=arguments[0].removeprefix("services."),
            arguments=list(arguments[1:]),
            settings=_as_text(settings),
            folder=str(self.folder),
            log=str(log),
            witness=False,
        )
        code = outcome(order)
        return code, log.read_text(errors="replace") if log.exists() else ""

    async def prepare_all(self) -> None:
        """Make the tables, and take in the agency's units and people; nothing runs yet."""
        for service in SERVICES:
            await asyncio.to_thread(self.command, service, "migrate")
            await self.execute(service, WITNESS)
            self.token(service)
        await asyncio.to_thread(self.command, "needs", "import", "units", str(SAMPLES / "unit.xlsx"))
        await asyncio.to_thread(self.command, "needs", "import", "employees", str(SAMPLES / "pegawai.xlsx"))

    async def start_all(self) -> None:
        """Start every process, and return when all are ready and every directory is full."""
        for member in self.members.values():
            member.start()
        await self.all_ready()
        await self.drained()

    async def all_ready(self, within: float = STARTED_SECONDS) -> None:
        """Wait until every process answers that it is ready."""
        for key in self.members:
            await self.become_ready(*key, within=within)

    async def become_ready(self, service: str, part: str, within: float = STARTED_SECONDS) -> None:
        """Wait until a process answers that it is ready."""
        member = self.members[service, part]
        told = ""

        async def is_ready() -> bool:
            nonlocal told
            member.require_running()
            answer = await self._readiness(service, part)
            told = "no answer" if answer is None else answer.text
            return answer is not None and answer.is_success

        try:
            await wait_until(is_ready, within=within, every=0.1)
        except AssertionError:
            raise AssertionError(f"after {within} s {member.name} is not ready: {told}\n{member.tail()}") from None

    async def health(self, service: str, part: str) -> int | None:
        """What readiness answers now; None when nobody does."""
        answer = await self._readiness(service, part)
        return None if answer is None else answer.status_code

    async def _missing(self) -> dict[str, str]:
        """What each process that is not ready says."""
        answers = {member.name: await self._readiness(*key) for key, member in self.members.items()}
        return {
            name: "no answer" if answer is None else answer.text
            for name, answer in answers.items()
            if answer is None or not answer.is_success
        }

    async def _readiness(self, service: str, part: str) -> httpx.Response | None:
        try:
            return await self._client.get(f"http://127.0.0.1:{self._operations_port(service, part)}/health/ready")
        except httpx.TransportError:
            return None

    def _operations_port(self, service: str, part: str) -> int:
        return int(str(self._settings[service, part]["BANGKOM_OPS_PORT"]))

    async def figure(self, service: str, part: str, name: str) -> float | None:
        """The sum of a figure that a process shows to operators; None when it does not answer."""
        told = await samples(self._operations_port(service, part))
        return None if told is None else sum(sample.value for sample in told if sample.name == name)

    async def figures(self, part: str) -> Figures:
        """Every figure of ours that the processes of a part tell now, by its name and labels."""
        told = await asyncio.gather(
            *(figures(self._operations_port(name, part), f"{name} {part}") for name in SERVICES)
        )
        return list(chain.from_iterable(told))

    async def stop_all(self) -> None:
        """End every process in order; one that ends otherwise is a failure."""
        running = [member for member in self.members.values() if member.runs]
        codes = await asyncio.gather(*(member.stop() for member in running))
        assert not any(codes), {member.name: code for member, code in zip(running, codes, strict=True)}

    def kill_broker(self) -> None:
        """kill -9 of the broker, on record like the others."""
        process = self.broker._process
        assert process is not None, "the broker does not run"
        self.broker.kill()
        self.ends.append(End(name="broker", pid=process.pid, code=process.returncode))

    def back_up(self, service: str) -> None:
        """Copy the database of a service that is stopped."""
        self._copies[service] = self.postgres.create_database(copy_of=self._urls[service])

    def restore(self, service: str) -> None:
        """Put the copy in the place of the database, whose service is stopped; what came after the copy is lost."""
        self.postgres.drop_database(self._urls[service])
        copy = make_url(self._copies.pop(service)).database
        self.postgres._execute(f"ALTER DATABASE {copy} RENAME TO {self.database(service)}")

    # What is there

    async def execute(self, service: str, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn(service))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def kafka_settings(self) -> Settings:
        """How the runner itself reaches the log."""
        return Settings(kafka_bootstrap=self.broker.bootstrap, topic_prefix=self.prefix)

    def database(self, service: str) -> str:
        """The name of a service's database."""
        name = make_url(self._urls[service]).database
        assert name is not None
        return name

    @property
    def socket(self) -> str:
        """Where PostgreSQL itself listens."""
        return f"{make_url(self._urls['needs']).query['host']}/.s.PGSQL.5432"

    async def committed(self, service: str) -> dict[TopicPartition, int]:
        """How far a service has told the broker to be."""
        async with self._asking() as admin:
            return await self._committed(admin, service)

    async def _committed(self, admin: AIOKafkaAdminClient, service: str) -> dict[TopicPartition, int]:
        offsets = await admin.list_consumer_group_offsets(self.prefix + group_of(service))
        return {partition: each.offset for partition, each in offsets.items()}

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.broker.bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def log_ends(self, service: str) -> dict[TopicPartition, int]:
        """Where the topics that a service listens to end now."""
        async with self._reading() as consumer:
            return dict(await consumer.end_offsets(self._partitions(topics_of(service))))

    async def lag(self, services: Collection[str] = SERVICES) -> dict[str, int]:
        """Records that each of these services has not told the broker to be done."""
        async with self._reading() as consumer, self._asking() as admin:
            ends = await consumer.end_offsets(self._partitions(TOPIC_PUBLISHER))
            done = {service: await self._committed(admin, service) for service in services}
        # A topic begins at 0 here: nothing is old enough to have been removed.
        return {
            service: sum(ends[each] - done[service].get(each, 0) for each in self._partitions(topics_of(service)))
            for service in services
        }

    def _partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        return [TopicPartition(self.prefix + topic, number) for topic in topics for number in range(PARTITIONS)]

    async def owed(self, services: Iterable[str] = SERVICES) -> tuple[int, tuple[int, ...]]:
        """Events not on the log yet, and the number of the last event of each service."""
        found = [(await self.rows(service, OWED))[0] for service in services]
        return sum(owed for owed, _ in found), tuple(last for _, last in found)

    async def drained(self, within: float = DRAIN_SECONDS) -> None:
        """Wait until nothing is under way: no outbox owes, no worker lags, nothing waits, nothing new came of it."""

        left = ""

        async def quiet() -> bool:
            nonlocal left
            owed, before = await self.owed()
            try:
                behind = await self.lag()
            except KafkaError as error:
                # A broker that has just begun does not know at once who coordinates which group.
                left = f"the log answers {type(error).__name__}"
                return False
            waiting = sum([(await self.rows(service, WAITING))[0][0] for service in SERVICES])
            left = f"{owed} owed, {behind} behind, {waiting} waiting"
            return not (owed or any(behind.values()) or waiting) and await self.owed() == (0, before)

        try:
            await wait_until(quiet, within=within, every=0.3)
        except AssertionError:
            missing = await self._missing()
            raise AssertionError(f"after {within} s not all has arrived: {left}; not ready: {missing}") from None

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Everything runs; at the end nothing is left."""
        try:
            await self.prepare_all()
            await self.start_all()
            yield
        finally:
            for member in self.members.values():
                member.kill()
            await self._client.aclose()

    async def leave_nothing(self) -> None:
        """Remove databases and topics, so that the next fault finds servers as small as this one did."""
        for url in self._urls.values():
            self.postgres.drop_database(url)
        async with self._asking() as admin:
            await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(self.prefix)])


def _as_text(settings: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in settings.items()}


def topics_of(service: str) -> list[str]:
    """The topics that a service listens to."""
    return sorted({contract.topic for contract in handled_by(service)})


def handled_by(service: str) -> set[type[Event]]:
    """The events that take effect in a service."""
    return {*DIRECTORY_HANDLERS, *importlib.import_module(f"services.{service}.app").SERVICE.handlers}
