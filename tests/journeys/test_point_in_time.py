"""The server of a full installation is lost: it is brought back to a moment the log is ahead of, and all goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.operate import kept
from tests.journeys.first_hop import Participant, concluded, employee_ids, hold_class, import_people
from tests.journeys.installations import SERVICES, Apart, environment
from tests.servers.kafka import KafkaServer, NamedKafka
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until

pytestmark = pytest.mark.recovery

PASSWORD = "sandi-cadangan-uji"
ASKED = "local all,replication bangkom_backup scram-sha-256\nlocal all,replication all trust\n"
PROGRAMS = "SELECT code FROM programs ORDER BY code"
JUDGED = "SELECT enrolment_id::text, count(*) FROM evaluations GROUP BY 1"
FOLLOWED = "SELECT enrolment_id::text, follow_up_id::text FROM evaluations WHERE follow_up_id IS NOT NULL"
ASKED_FOR = "SELECT follow_up_id::text FROM requests"
SCORES = (40, 90)


class Agency(Apart):
    """A full installation with a server of its own, which may be lost, and an account that may copy it."""

    def __init__(self, folder: Path, server: PostgresServer, bootstrap: str, prefix: str) -> None:
        super().__init__(folder, server, bootstrap, prefix)
        self.server = server
        url = self._urls["needs"].replace("://postgres@", f"://bangkom_backup:{PASSWORD}@")
        self._copying = {"BANGKOM_BACKUP_DATABASE_URL": url}

    @property
    def everything(self) -> dict[str, object]:
        return {**super().everything, **self._copying}

    @contextmanager
    def log_fetched(self) -> Iterator[None]:
        """Have the server's log fetched; what fetches it ends with the server."""
        command = [sys.executable, "-m", "services", "wal"]
        with (
            (self.folder / "wal.log").open("ab") as log,
            subprocess.Popen(
                command, cwd=self.folder, env=environment(self.everything), stdout=log, stderr=log
            ) as process,
        ):
            try:
                yield
            finally:
                process.terminate()

    def lose_server(self) -> None:
        self.server.kill()
        shutil.rmtree(self.server.embedded.folder)


@pytest.fixture
async def agency(folder: Path, kafka_server: KafkaServer | NamedKafka, topic_prefix: str) -> AsyncIterator[Agency]:
    server = PostgresServer(folder / "postgres" / "18")
    server.start()
    server._execute(f"CREATE ROLE bangkom_backup LOGIN REPLICATION PASSWORD '{PASSWORD}'")
    (server.embedded.folder / "pg_hba.conf").write_text(ASKED, encoding="utf-8")
    server._execute("SELECT pg_reload_conf()")
    installation = Agency(folder, server, kafka_server.bootstrap, topic_prefix)
    yield installation
    server.start()
    await installation.close()
    server.stop()


async def test_lost_server_comes_back_at_a_moment_and_the_services_come_to_the_same_again(agency: Agency) -> None:
    await agency.start()
    await import_people(agency)
    people = iter(await employee_ids(agency, 4 * len(SCORES)))
    agency.token("training")
    with agency.log_fetched():
        await wait_until(lambda: fetched(agency), within=60, description="the log is fetched")
        assert agency.bangkom("wal", "--check").stdout == "Log sedang diambil.\n"
        assert [words for words in command_lines() if PASSWORD in words] == []
        first = await held(agency, "A", people)
        agency.bangkom("backup")
        second = await held(agency, "B", people)
        await concluded(agency, len(first) + len(second))
        [(moment,)] = await agency.rows("needs", "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SS+0000')")
        await wait_until(lambda: later_than(agency, moment), within=10)
        third = await held(agency, "C", people)
        await concluded(agency, len(first) + len(second) + len(third))
        await agency.stop_services(SERVICES)
        agency.lose_server()
    [(backup, paper)] = kept.all_kept(agency.folder / "backups")
    assert paper.kind == "full"

    agency.bangkom("restore", str(backup), "--into", str(agency.server.embedded.folder), "--until", moment)
    agency.server.start()

    assert await agency.rows("training", PROGRAMS) == [("A",), ("B",)]
    for service in SERVICES:
        agency.command(service, "restored", "--yes")
    await agency.start()
    fourth = await held(agency, "D", people)
    enrolments = [*first, *second, *third, *fourth]
    await wait_until(lambda: judged(agency, len(enrolments)), within=120, description="all are judged")
    assert dict(await agency.rows("evaluation", JUDGED)) == dict.fromkeys(enrolments, 1)
    await wait_until(
        lambda: followed(agency, [*first, *second, *fourth]), within=60, description="who failed is helped"
    )
    assert agency.bangkom("dead-letters", "list").stdout == "0 catatan.\n"
    await a_new_log_is_begun(agency)


async def a_new_log_is_begun(agency: Agency) -> None:
    """What is fetched from now on does not mix with what the lost server wrote."""
    with agency.log_fetched():
        await wait_until(lambda: fetched(agency), within=60, description="the log is fetched again")
    assert sorted(path.name for path in (agency.folder / "backups").glob("wal-*")) == ["wal-00000001", "wal-00000002"]


async def held(agency: Agency, code: str, people: Iterator[str]) -> list[str]:
    """Hold a class for the next two people; gives their enrolments, the first of whom failed."""
    return await hold_class(
        agency, code, [Participant(employee_id=next(people), pre_score=30, post_score=score) for score in SCORES]
    )


async def fetched(agency: Agency) -> bool:
    return await agency.rows("needs", "SELECT active FROM pg_replication_slots") == [(True,)]


async def later_than(agency: Agency, moment: str) -> bool:
    [(later,)] = await agency.rows("needs", f"SELECT clock_timestamp() > timestamptz '{moment}' + interval '1 second'")
    return bool(later)


async def judged(agency: Agency, count: int) -> bool:
    return len(await agency.rows("evaluation", JUDGED)) == count


async def followed(agency: Agency, enrolments: Sequence[str]) -> bool:
    """Each of them who failed has one request at mentoring."""
    wanted = [
        follow_up for enrolment, follow_up in await agency.rows("evaluation", FOLLOWED) if enrolment in enrolments
    ]
    requests = [follow_up for (follow_up,) in await agency.rows("mentoring", ASKED_FOR)]
    return len(wanted) * 2 == len(enrolments) and all(requests.count(each) == 1 for each in wanted)


def command_lines() -> list[str]:
    """What anybody on this machine sees of its processes."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found
