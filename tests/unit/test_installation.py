"""Where the commands of all services find them: in one folder, or each in its own database beside Kafka."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.embedded import SERVICES, WholeInstallation
from shared.settings import WrongSetting


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def over_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_TRANSPORT", "kafka")
    for service in SERVICES:
        monkeypatch.setenv(f"BANGKOM_{service.upper()}_DATABASE_URL", f"postgresql+asyncpg://u@localhost/{service}")


def test_folder_is_what_settings_mean_when_they_say_nothing() -> None:
    assert WholeInstallation().settings.transport == "embedded"


async def test_every_service_is_found_in_its_own_database(over_kafka: None) -> None:
    installation = WholeInstallation()

    assert installation.settings.transport == "kafka"
    for service in SERVICES:
        async with installation.database(service) as database:
            assert database.url.endswith(f"/{service}")
            assert database.origin.service == service


def test_service_without_a_database_is_named(over_kafka: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BANGKOM_MENTORING_DATABASE_URL")

    with pytest.raises(WrongSetting, match="BANGKOM_MENTORING_DATABASE_URL"):
        _ = WholeInstallation().settings


async def test_accounts_of_several_services_need_one_place(over_kafka: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSetting, match="BANGKOM_IDENTITY_DATABASE_URL"):
        WholeInstallation().identity()

    monkeypatch.setenv("BANGKOM_IDENTITY_DATABASE_URL", "postgresql+asyncpg://u@localhost/identity")
    async with WholeInstallation().identity() as identity:
        assert identity.url.endswith("/identity")
