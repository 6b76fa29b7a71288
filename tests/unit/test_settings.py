"""Settings: where they come from, and that a wrong one stops the start with one line that gives no secret away."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings import WrongSetting, settings_for
from tests.architecture.conftest import ROOT

ADDRESS = "BANGKOM_TRAINING_DATABASE_URL"
SECRET = "sangat-rahasia"
WRONG = [
    ("BANGKOM_AGENCY", "Kota Medan"),
    ("BANGKOM_AGENCY", "medan/../kupang"),
    ("BANGKOM_ZONE", "Europe/Amsterdam"),
    ("BANGKOM_PORT", "delapan-ribu"),
    ("BANGKOM_PORT", "65536"),
    ("BANGKOM_PORT", ""),
    ("BANGKOM_OPS_PORT", "-17"),
    ("BANGKOM_TRANSPORT", "merpati-pos"),
    ("BANGKOM_KAFKA_SECURITY_PROTOCOL", "tanpa-sandi"),
    ("BANGKOM_KAFKA_SASL_MECHANISM", "kerberos-lama"),
    ("BANGKOM_KAFKA_CA_FILE", "/tidak/ada/di-sini.pem"),
    ("BANGKOM_KAFKA_CREATE_TOPICS", "kadang-kadang"),
    ("BANGKOM_KAFKA_REPLICATION", "10000"),
    ("BANGKOM_TOPIC_PREFIX", "tanpa-titik"),
    ("BANGKOM_TOPIC_RETENTION_DAYS", "-2192"),
    ("BANGKOM_ACCEPT_AGENCIES", "medan,Kota Kupang"),
    ("BANGKOM_SIMULATION", "barangkali"),
    ("BANGKOM_WATCH_CERTIFICATES", "tls://gateway:8443,kafka-1:9092"),
    ("BANGKOM_IDENTITY_DATABASE_URL", f"mysql://bangkom:{SECRET}@db/identitas"),
    (ADDRESS, f"postgresql://bangkom:{SECRET}@db/pelatihan"),
    (ADDRESS, f"postgresql+asyncpg://bangkom:{SECRET}@db:{SECRET}/pelatihan"),
    (ADDRESS, f"postgresql+asyncpg://bangkom:{SECRET}@db"),
    ("BANGKOM_PROT", SECRET),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in, and an environment without settings."""
    for name in list(os.environ):
        if name.startswith("BANGKOM_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal() -> str:
    """The line a start with the settings of now ends with."""
    with pytest.raises(WrongSetting) as refused:
        settings_for("needs", "training")
    return str(refused.value)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_value_is_refused_in_one_line_that_names_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    line = refusal()

    assert name in line
    assert len(line.splitlines()) == 1
    assert SECRET not in line
    assert not value or value not in line


def test_reasons_are_in_words_people_understand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_PORT", "65536")
    assert refusal() == "BANGKOM_PORT: paling banyak 65535."

    monkeypatch.setenv("BANGKOM_PORT", "8000")
    monkeypatch.setenv("BANGKOM_PROT", "8000")
    assert refusal() == "BANGKOM_PROT: pengaturan ini tidak dikenal."


def test_file_without_certificates_is_no_authority(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ca.pem").write_text(SECRET)
    monkeypatch.setenv("BANGKOM_KAFKA_CA_FILE", str(folder / "ca.pem"))

    assert refusal() == "BANGKOM_KAFKA_CA_FILE: berkas ini tidak berisi sertifikat dalam bentuk PEM."


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "10.0.0.7", "kantor.example", ""])
@pytest.mark.parametrize("base_url", [None, "http://bangkom.contoh.example"])
def test_address_that_others_reach_needs_https(
    bind: str, base_url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANGKOM_BIND", bind)
    if base_url is not None:
        monkeypatch.setenv("BANGKOM_BASE_URL", base_url)

    line = refusal()

    assert "BANGKOM_BASE_URL" in line
    assert "BANGKOM_BIND" in line


def test_address_that_others_reach_is_taken_with_https_but_without_simulation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_BIND", "0.0.0.0")
    monkeypatch.setenv("BANGKOM_BASE_URL", "https://bangkom.contoh.example")
    assert settings_for().bind == "0.0.0.0"

    monkeypatch.setenv("BANGKOM_SIMULATION", "1")
    assert "BANGKOM_SIMULATION" in refusal()


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_address_of_this_machine_alone_needs_nothing(bind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_BIND", bind)

    assert settings_for().loopback


@pytest.mark.parametrize("protocol", ["SASL_SSL", "SASL_PLAINTEXT"])
@pytest.mark.parametrize("given", [{}, {"BANGKOM_KAFKA_USERNAME": "bangkom"}, {"BANGKOM_KAFKA_PASSWORD": SECRET}])
def test_sasl_needs_account_and_password(protocol: str, given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (given | {"BANGKOM_KAFKA_SECURITY_PROTOCOL": protocol}).items():
        monkeypatch.setenv(name, value)

    line = refusal()

    assert "BANGKOM_KAFKA_USERNAME" in line
    assert "BANGKOM_KAFKA_PASSWORD" in line
    assert SECRET not in line


def test_file_is_read_and_environment_counts_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("BANGKOM_AGENCY=kupang", "BANGKOM_ZONE=Asia/Makassar", "BANGKOM_PORT=8080", "PATH_OF_ANOTHER=1")
    (folder / ".env").write_text("\n".join(lines))
    monkeypatch.setenv("BANGKOM_PORT", "8081")

    settings = settings_for()

    assert (settings.agency, settings.zone.key, settings.port) == ("kupang", "Asia/Makassar", 8081)


def test_file_with_a_setting_nobody_knows_is_refused(folder: Path) -> None:
    (folder / ".env").write_text(f"BANGKOM_KAFKA_PASWORD={SECRET}\n")

    assert refusal() == "BANGKOM_KAFKA_PASWORD: pengaturan ini tidak dikenal."


def test_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / ".env").write_bytes(b"BANGKOM_AGENCY=m\xe9dan\n")

    assert refusal() == "Berkas .env tidak dapat dibaca sebagai teks UTF-8."


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of secrets that the environment names."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("BANGKOM_SECRETS", str(folder))
    return folder


def test_secrets_are_read_from_files_and_environment_counts_more(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / ADDRESS).write_text(f"postgresql+asyncpg://bangkom:{SECRET}@db/pelatihan\n")
    (secrets / "bangkom_kafka_password").write_text("dari-berkas\n")
    (secrets / "BANGKOM_AGENCY").write_text("medan\n")
    monkeypatch.setenv("BANGKOM_AGENCY", "kupang")

    settings = settings_for("training")

    assert settings.database_url("training") == f"postgresql+asyncpg://bangkom:{SECRET}@db/pelatihan"
    assert settings.kafka_password is not None
    assert settings.kafka_password.get_secret_value() == "dari-berkas"
    assert settings.agency == "kupang"


def test_secret_that_cannot_be_used_is_named_without_its_content(secrets: Path) -> None:
    (secrets / ADDRESS).write_text(SECRET)
    line = refusal()
    assert ADDRESS in line
    assert SECRET not in line

    (secrets / ADDRESS).write_bytes(b"\xff\xfe")
    assert refusal() == "Berkas .env atau isi folder BANGKOM_SECRETS tidak dapat dibaca sebagai teks UTF-8."


def test_secret_nobody_knows_and_folder_that_is_not_there_are_refused(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (secrets / "BANGKOM_KAFKA_PASWORD").write_text(SECRET)
    (secrets / "of_another_program").write_text(SECRET)
    assert refusal() == "BANGKOM_KAFKA_PASWORD: pengaturan ini tidak dikenal."

    monkeypatch.setenv("BANGKOM_SECRETS", str(secrets / "nowhere"))
    assert refusal() == "BANGKOM_SECRETS: folder ini tidak ada."


def test_address_of_another_service_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_EVALUATION_DATABASE_URL", "postgresql+asyncpg://evaluasi@db/evaluasi")
    monkeypatch.setenv("BANGKOM_TEST_KAFKA", "127.0.0.1:9092")

    assert settings_for("training").agency == "contoh"


def test_service_without_database_names_the_setting() -> None:
    with pytest.raises(WrongSetting, match=f"^{ADDRESS} belum diisi.$"):
        settings_for("training").database_url("training")


def test_events_of_our_own_agency_are_taken_unless_others_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_AGENCY", "medan")
    assert settings_for().accepted == {"medan"}

    monkeypatch.setenv("BANGKOM_ACCEPT_AGENCIES", "medan, kupang,")
    assert settings_for().accepted == {"medan", "kupang"}


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANGKOM_KAFKA_PASSWORD", SECRET)
    monkeypatch.setenv(ADDRESS, f"postgresql+asyncpg://bangkom:{SECRET}@db/pelatihan")

    settings = settings_for("training")

    assert SECRET in settings.database_url("training")
    assert SECRET not in f"{settings!r} {settings}"


@pytest.mark.parametrize(
    ("arguments", "setting", "value"),
    [
        (("services", "run"), "BANGKOM_PORT", "delapan-ribu"),
        (("services", "run"), "BANGKOM_TRANSPORT", "kafka"),
        (("services", "run"), "BANGKOM_DATA", "/dev/null/data"),
        (("services.training", "serve"), "BANGKOM_TRANSPORT", "embedded"),
        (("services.training", "serve"), ADDRESS, SECRET),
    ],
)
def test_start_with_a_wrong_setting_ends_with_one_line(
    folder: Path, arguments: tuple[str, ...], setting: str, value: str
) -> None:
    kafka = {"BANGKOM_TRANSPORT": "kafka"} if arguments[0] != "services" else {}

    ended = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=os.environ | kafka | {"PYTHONPATH": str(ROOT), setting: value},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert setting in ended.stderr
    assert SECRET not in ended.stderr
    assert list(folder.iterdir()) == []
