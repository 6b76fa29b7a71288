"""A move into a full installation is refused where it could go wrong: nothing is written there, nothing left over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from click.testing import Result

from services.embedded import LINEAGES, SERVICES
from shared import kafka
from shared.db import plain
from shared.delivery.relay import LOCK
from shared.delivery.transport import Outgoing
from shared.operate import kept
from shared.operate.state import TableState, connect, state_of
from shared.postgres import EmbeddedPostgres
from shared.settings import WrongSetting, settings_for
from tests.conftest import MakeDatabase
from tests.integration.operate.backups import altered, operate
from tests.servers.kafka import NamedKafka

NAMES = (*SERVICES, "identity")
NOBODY = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


@pytest.fixture
def unreachable(backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full installation that nobody reaches: who speaks to it fails otherwise than expected."""
    monkeypatch.setenv("BANGKOM_TRANSPORT", "kafka")
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    for name in NAMES:
        monkeypatch.setenv(f"BANGKOM_{name.upper()}_DATABASE_URL", NOBODY)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where the backup may be unpacked; empty again at the end."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def move(backup: Path, scratch: Path) -> Result:
    return operate("move", str(backup), "--scratch", str(scratch), "--yes")


def left_in(scratch: Path) -> list[Path]:
    return list(scratch.iterdir())


def test_embedded_installation_is_no_target(backup: Path, scratch: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="BANGKOM_TRANSPORT harus kafka"):
        move(backup, scratch)

    assert (left_in(scratch), (tmp_path / "data").exists()) == ([], False)


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize("name", ["NEEDS", "IDENTITY"])
def test_target_with_a_database_unnamed_is_refused_by_the_setting(
    backup: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(f"BANGKOM_{name}_DATABASE_URL")

    with pytest.raises(WrongSetting, match=f"BANGKOM_{name}_DATABASE_URL"):
        move(backup, scratch)

    assert left_in(scratch) == []


@pytest.mark.usefixtures("unreachable")
def test_target_that_is_away_is_told(backup: Path, scratch: Path) -> None:
    refused = move(backup, scratch)

    assert (refused.exit_code, "tidak terjangkau" in refused.output) == (1, True), refused.output
    assert left_in(scratch) == []


@pytest.mark.usefixtures("unreachable")
def test_moving_is_asked_about(backup: Path, scratch: Path) -> None:
    refused = operate("move", str(backup), "--scratch", str(scratch))

    assert (refused.exit_code, left_in(scratch)) == (1, [])
    assert "Pindahkan isi cadangan ini" in refused.output


def cut(backup: Path) -> None:
    (backup / kept.BASE).write_bytes(b"")


UNFIT: dict[str, tuple[Callable[[Path], None], str]] = {
    "damaged": (cut, kept.BASE),
    "another agency's": (lambda backup: altered(backup, agency="kupang"), "milik instansi kupang"),
    "newer": (lambda backup: altered(backup, versions={"needs": {"kernel": "9999"}}), "berversi 9999"),
    "a full installation's": (lambda backup: altered(backup, kind="full"), "pulihkanlah dengan restore"),
}


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize("what", UNFIT)
def test_backup_that_does_not_fit_is_refused_before_the_target_is_spoken_to(
    backup: Path, scratch: Path, what: str
) -> None:
    spoil, said = UNFIT[what]
    spoil(backup)

    refused = move(backup, scratch)

    assert (refused.exit_code, said in refused.output) == (1, True), refused.output
    assert left_in(scratch) == []


@pytest.fixture
async def target(
    backup: Path,
    make_database: MakeDatabase,
    kafka_server: NamedKafka,
    topic_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """A full installation that is up to date and empty: the addresses of its databases, as asyncpg takes them."""
    monkeypatch.setenv("BANGKOM_TRANSPORT", "kafka")
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", kafka_server.bootstrap)
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
    urls = {}
    for name in NAMES:
        database = await make_database(service=name, lineages=LINEAGES[name])
        monkeypatch.setenv(f"BANGKOM_{name.upper()}_DATABASE_URL", database.url)
        urls[name] = plain(database.url)
    return urls


async def states(target: Mapping[str, str]) -> dict[str, Mapping[str, TableState]]:
    """What is in every table of the target."""
    found = {}
    for name, dsn in target.items():
        connection = await connect(dsn)
        try:
            found[name] = await state_of(connection)
        finally:
            await connection.close()
    return found


@asynccontextmanager
async def at_work(dsn: str, *statements: str) -> AsyncIterator[None]:
    """Statements are executed there, and whoever did it stays connected."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
        yield
    finally:
        await connection.close()


async def require_refused(backup: Path, scratch: Path, target: Mapping[str, str], said: str) -> None:
    """The move ends with these words and 1; every database is as it was, and the scratch folder is empty."""
    before = await states(target)

    refused = await asyncio.to_thread(move, backup, scratch)

    assert (refused.exit_code, said in refused.output) == (1, True), refused.output
    assert await states(target) == before
    assert left_in(scratch) == []


async def test_topics_that_hold_records_are_no_target(backup: Path, scratch: Path, target: dict[str, str]) -> None:
    log = kafka.transport(settings_for())
    await log.prepare()
    sender = await log.open_sender()
    sent = await sender.send([Outgoing(1, "bangkom.mentoring", "a", [], b"{}")])
    await sender.close()
    assert sent.confirmed == [1]

    await require_refused(backup, scratch, target, "Topik bangkom.mentoring sudah berisi catatan")


async def test_tables_that_are_not_up_to_date_are_no_target(
    backup: Path, scratch: Path, target: dict[str, str]
) -> None:
    async with at_work(target["evaluation"], "UPDATE evaluation_version SET version_num = '0001'"):
        await require_refused(backup, scratch, target, "Tabel evaluation di instalasi penuh belum mutakhir")


async def test_scratch_without_room_is_told(backup: Path, scratch: Path, target: dict[str, str]) -> None:
    altered(backup, bytes=10**18)

    await require_refused(backup, scratch, target, "perlu 1100000000.0 GB")


AN_ACCOUNT = (
    "INSERT INTO accounts (id, name, password_hash, roles) VALUES (gen_random_uuid(), 'rekaan', '-', '{auditor}')"
)
AN_HOUR_LATER = """CREATE FUNCTION an_hour_later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW."offset" := interval '1 hour'; RETURN NEW; END $$"""
OTHERWISE = (
    AN_HOUR_LATER,
    "CREATE TRIGGER otherwise BEFORE INSERT ON clock FOR EACH ROW EXECUTE FUNCTION an_hour_later()",
)
AT_WORK: dict[str, tuple[str, Sequence[str], str]] = {
    "rows in the last database": ("identity", [AN_ACCOUNT], "Basis data identity sudah berisi accounts"),
    "a relay at work": ("evaluation", [f"SELECT pg_advisory_lock({LOCK})"], "Relay evaluation masih berjalan"),
    "rows that arrive otherwise": ("identity", OTHERWISE, "identity.clock tidak sama dengan asalnya"),
}


@pytest.mark.recovery
@pytest.mark.parametrize("what", AT_WORK)
async def test_what_is_copied_already_is_taken_back(
    backup: Path, scratch: Path, target: dict[str, str], what: str
) -> None:
    database, statements, said = AT_WORK[what]

    async with at_work(target[database], *statements):
        await require_refused(backup, scratch, target, said)


@pytest.mark.recovery
async def test_made_up_people_are_not_moved(
    own_home: EmbeddedPostgres, scratch: Path, target: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(own_home.start)
    async with at_work(own_home.dsn("bangkom_mentoring"), """UPDATE clock SET "offset" = interval '1 day'"""):
        pass
    await asyncio.to_thread(own_home.stop)
    with monkeypatch.context() as embedded:
        embedded.setenv("BANGKOM_TRANSPORT", "embedded")
        made = await asyncio.to_thread(operate, "backup", "--into", str(scratch.parent / "backups"))
    assert made.exit_code == 0, made.output
    [simulated] = (scratch.parent / "backups").glob("bangkom-*")

    await require_refused(simulated, scratch, target, "orang-orangnya rekaan")


@pytest.mark.recovery
async def test_target_that_was_refused_takes_a_backup_that_fits(
    backup: Path, scratch: Path, target: dict[str, str]
) -> None:
    async with at_work(target["identity"], AN_ACCOUNT):
        await require_refused(backup, scratch, target, "sudah berisi")
    async with at_work(target["identity"], "DELETE FROM accounts"):
        pass

    moved = await asyncio.to_thread(move, backup, scratch)

    assert (moved.exit_code, moved.output.count("sama dengan asalnya")) == (0, len(NAMES)), moved.output
    assert left_in(scratch) == []
