"""Installations to operate, the logs they stand on, and their backups."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from shared import kafka
from shared.event_log import EmbeddedTransport
from shared.operate.installation import Log
from shared.postgres import EmbeddedPostgres, keep_private
from shared.settings import Settings, settings_for
from tests.conftest import MakeDatabase
from tests.integration.operate.backups import AGENCY, operate
from tests.integration.operate.office import Office, dsn_of, make_scores_table
from tests.servers.kafka import NamedKafka
from tests.servers.postgres import NamedPostgres


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Not in pytest's folder, which it closes to other accounts: the embedded PostgreSQL runs under one of its own."""
    with TemporaryDirectory(prefix="bangkom-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BANGKOM_AGENCY", "medan")
    return settings_for()


@pytest.fixture
async def office(settings: Settings, make_database: MakeDatabase) -> Office:
    database = await make_database(service="evaluation", agency="medan")
    await make_scores_table(database)
    return Office(settings, {"evaluation": database.url}, log=EmbeddedTransport(dsn_of(database.url)))


@pytest.fixture
async def offices(office: Office, make_database: MakeDatabase) -> Office:
    """An installation of two services."""
    database = await make_database(service="mentoring", agency="medan")
    await make_scores_table(database)
    return Office(office.settings, {**office.urls, "mentoring": database.url}, log=office.log)


@pytest.fixture
def embedded_log(postgres_server: NamedPostgres) -> Iterator[Log]:
    url = postgres_server.create_database()
    yield EmbeddedTransport(dsn_of(url))
    postgres_server.drop_database(url)


@pytest.fixture
def kafka_log(kafka_server: NamedKafka, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> Log:
    monkeypatch.setenv("BANGKOM_KAFKA_BOOTSTRAP", kafka_server.bootstrap)
    monkeypatch.setenv("BANGKOM_TOPIC_PREFIX", topic_prefix)
    return kafka.transport(settings_for())


@pytest.fixture(params=["embedded", "kafka"])
def log(request: pytest.FixtureRequest) -> Log:
    """An empty log of either kind."""
    found: Log = request.getfixturevalue(f"{request.param}_log")
    return found


@pytest.fixture(scope="session")
def made_home() -> Iterator[Path]:
    """A folder with an installation that is not running, and one backup of it; made once for the whole run."""
    with TemporaryDirectory(prefix="bangkom-backup-") as name:
        Path(name).chmod(0o711)
        with pytest.MonkeyPatch.context() as environment:
            environment.chdir(name)
            environment.setenv("BANGKOM_AGENCY", AGENCY)
            operate("accounts", "list")
            made = operate("backup")
        assert made.exit_code == 0, made.output
        yield Path(name)


@pytest.fixture
def home(made_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder, and commands work on its installation."""
    monkeypatch.chdir(made_home)
    monkeypatch.setenv("BANGKOM_AGENCY", AGENCY)
    return made_home


@pytest.fixture
def backup(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the backup that the test may spoil, beside no data."""
    [made] = (home / "backups").glob("bangkom-*")
    monkeypatch.setenv("BANGKOM_DATA", str(tmp_path / "data"))
    return shutil.copytree(made, tmp_path / made.name)


@pytest.fixture
def own_home(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedPostgres:
    """A copy of the installation that the test may spoil; its server, which does not run."""
    shutil.copytree(home / "data", tmp_path / "data")
    keep_private(tmp_path / "data" / "postgres")
    monkeypatch.setenv("BANGKOM_DATA", str(tmp_path / "data"))
    return EmbeddedPostgres(tmp_path / "data" / "postgres")
