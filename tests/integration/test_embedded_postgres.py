"""The embedded PostgreSQL starts, is found again, and keeps what was committed, whatever was killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import asyncpg
import pytest

from shared.postgres import EmbeddedPostgres, EmbeddedPostgresError, program
from tests.servers.postgres import kill_postgres, processes_of
from tests.waiting import wait_until

START_AND_PRINT_PID = """
import sys
from pathlib import Path
from shared.postgres import EmbeddedPostgres

embedded = EmbeddedPostgres(Path(sys.argv[1]))
embedded.start()
print(embedded.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def above() -> Iterator[Path]:
    """The folder above that of the server."""
    with TemporaryDirectory(prefix="bangkom-embedded-") as folder:
        yield Path(folder)


@pytest.fixture
def embedded(above: Path) -> Iterator[EmbeddedPostgres]:
    """A server that has not been started; ended afterwards."""
    with ended(EmbeddedPostgres(above / "data")) as server:
        yield server


@contextmanager
def ended(server: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    try:
        yield server
    finally:
        try:
            server.stop(immediate=True)
        finally:
            kill_postgres(server)


@contextmanager
def starter(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that starts the server, prints its number and stays."""
    process = subprocess.Popen(
        [sys.executable, "-c", START_AND_PRINT_PID, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def printed_pid(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return int(line)


def execute(server: EmbeddedPostgres, statement: str, database: str = "postgres") -> str:
    command = [program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", server.dsn(database), "-c", statement]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit_a_row(server: EmbeddedPostgres) -> None:
    execute(server, "CREATE TABLE IF NOT EXISTS kept (id int GENERATED ALWAYS AS IDENTITY)")
    execute(server, "INSERT INTO kept DEFAULT VALUES")


def committed_rows(server: EmbeddedPostgres) -> int:
    return int(execute(server, "SELECT count(*) FROM kept"))


def test_start_creates_database(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    embedded.ensure_database("training")
    embedded.ensure_database("training")

    assert execute(embedded, "SELECT current_database()", "training") == "training"


def test_start_finds_running_server_from_another_process(embedded: EmbeddedPostgres) -> None:
    embedded.start()

    with starter(embedded.folder) as other:
        assert printed_pid(other) == embedded.pid


def test_server_outlives_killed_starter(embedded: EmbeddedPostgres) -> None:
    with starter(embedded.folder) as other:
        pid = printed_pid(other)
        commit_a_row(embedded)

    embedded.start()

    assert embedded.pid == pid
    assert committed_rows(embedded) == 1


async def test_start_repairs_creation_that_was_killed(embedded: EmbeddedPostgres) -> None:
    half_made = embedded.folder.with_name("data.new")
    with starter(embedded.folder):
        await wait_until(half_made.exists)

    embedded.start()

    assert execute(embedded, "SELECT 1") == "1"
    assert not half_made.exists()


def test_starters_at_once_get_one_server(embedded: EmbeddedPostgres) -> None:
    with starter(embedded.folder) as first, starter(embedded.folder) as second, starter(embedded.folder) as third:
        pids = {printed_pid(process) for process in (first, second, third)}

    assert pids == {embedded.pid}


def kill_postmaster(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_postmaster, kill_postgres])
def test_committed_rows_survive_kill(embedded: EmbeddedPostgres, kill: Callable[[EmbeddedPostgres], None]) -> None:
    embedded.start()
    commit_a_row(embedded)
    before = embedded.pid

    kill(embedded)
    embedded.start()

    assert embedded.pid != before
    assert committed_rows(embedded) == 1


async def test_acknowledged_commits_survive_kill_while_writing(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    execute(embedded, "CREATE TABLE kept (id int)")
    acknowledged: list[int] = []
    writers = [asyncio.create_task(write(embedded, acknowledged)) for _ in range(4)]
    await wait_until(lambda: len(acknowledged) > 200)

    await asyncio.to_thread(kill_postgres, embedded)
    await asyncio.gather(*writers)
    embedded.start()

    kept = {int(line) for line in execute(embedded, "SELECT id FROM kept").split()}
    assert set(acknowledged) <= kept


async def write(server: EmbeddedPostgres, acknowledged: list[int]) -> None:
    """Commit rows with numbers of their own until the server goes, and note those it acknowledged."""
    connection = await asyncpg.connect(server.dsn("postgres"))
    number = id(connection) % 100_000 * 10_000
    try:
        while True:
            number += 1
            await connection.execute("INSERT INTO kept VALUES ($1)", number)
            acknowledged.append(number)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        connection.terminate()


def test_start_ignores_number_that_a_stranger_got(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    commit_a_row(embedded)

    kill_postgres(embedded)
    name_in_pid_file(embedded, os.getpid())
    embedded.start()

    assert committed_rows(embedded) == 1


def test_start_ignores_number_of_a_zombie(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    commit_a_row(embedded)

    with subprocess.Popen(["true"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        kill_postgres(embedded)
        name_in_pid_file(embedded, zombie.pid)
        embedded.start()

    assert committed_rows(embedded) == 1


def name_in_pid_file(server: EmbeddedPostgres, pid: int) -> None:
    file = server.folder / "postmaster.pid"
    _, *others = file.read_text().splitlines(keepends=True)
    file.write_text("".join([f"{pid}\n", *others]))


def test_start_refuses_folder_of_other_files(embedded: EmbeddedPostgres) -> None:
    embedded.folder.mkdir()
    (embedded.folder / "letter.txt").write_text("not a database")

    with pytest.raises(EmbeddedPostgresError) as refused:
        embedded.start()

    assert str(refused.value) == f"{embedded.folder} holds files that are not a PostgreSQL database"
    assert [file.name for file in embedded.folder.iterdir()] == ["letter.txt"]


def test_start_refuses_folder_of_another_account(embedded: EmbeddedPostgres, above: Path) -> None:
    (above / "data.lock").touch(mode=0o000)
    account = os.geteuid()

    try:
        os.seteuid(account or 65_534)
        with pytest.raises(EmbeddedPostgresError, match="belongs to another account"):
            EmbeddedPostgres(embedded.folder).start()
    finally:
        os.seteuid(account)


def test_start_tells_why_the_server_ends(embedded: EmbeddedPostgres) -> None:
    embedded.start()
    embedded.stop()
    with (embedded.folder / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")

    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"):
        embedded.start()


@pytest.mark.parametrize("name", ["panjang" * 25, "dengan spasi & tanda?"])
def test_start_takes_any_path(above: Path, name: str) -> None:
    with ended(EmbeddedPostgres(above / name / "data")) as server:
        server.start()
        server.ensure_database("training")
        assert execute(server, "SELECT current_database()", "training") == "training"
        assert len(links_to(server.folder)) == 1

        server.stop()
        assert links_to(server.folder) == []


def links_to(folder: Path) -> list[Path]:
    return [link for link in Path(gettempdir()).iterdir() if link.is_symlink() and link.readlink() == folder]


@pytest.mark.parametrize("immediate", [False, True])
async def test_stop_ends_every_process(embedded: EmbeddedPostgres, *, immediate: bool) -> None:
    embedded.start()
    commit_a_row(embedded)
    connection = await asyncpg.connect(embedded.dsn("postgres"))

    embedded.stop(immediate=immediate)

    assert (embedded.pid, processes_of(embedded)) == (None, [])
    connection.terminate()
    embedded.start()
    assert committed_rows(embedded) == 1


def test_stop_of_what_never_ran_is_done_at_once(embedded: EmbeddedPostgres) -> None:
    embedded.stop()

    assert embedded.pid is None
