"""Settings from the environment and a .env file; a wrong one stops the start with one line that names it."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, create_model, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from shared.web.wording import reason

PREFIX = "BANGKOM_"
# Read by the tests, which start from the same environment.
FOREIGN = re.compile(r"BANGKOM_TEST_\w+")
ENV_FILE = ".env"
SECRETS = "BANGKOM_SECRETS"
"""Names the folder whose files hold settings: each bears the name of its setting."""
AgencyCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
Zone = Literal["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
Server = Annotated[str, Field(pattern=r"^(tls|postgresql)://[^\s:/]+:[0-9]{1,5}$")]
Port = Annotated[int, Field(ge=1, le=65535)]


class WrongSetting(Exception):
    """A setting that cannot be used; the message is one line that names it and repeats nothing that may be secret."""


class Settings(BaseSettings):
    """What every service needs to know; database addresses of services are added by settings_for."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True)

    agency: AgencyCode = "contoh"
    zone_name: Zone = Field(default="Asia/Jakarta", validation_alias="BANGKOM_ZONE")
    port: Port = 8000
    bind: str = "127.0.0.1"
    base_url: str | None = None
    ops_port: Port = 9000
    data: Path = Path("data")
    backups: Path = Path("backups")
    transport: Literal["embedded", "kafka"] = "embedded"
    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    kafka_instance_id: str | None = None
    kafka_create_topics: bool = True
    kafka_replication: int = Field(default=1, ge=1, le=9)
    topic_prefix: str = Field(default="", pattern=r"^([A-Za-z0-9_-]+\.)?$")
    topic_retention_days: int = Field(default=2192, ge=1)
    accept_agencies: Annotated[frozenset[AgencyCode], NoDecode] = frozenset()
    database_ca_file: Path | None = None
    identity_database_url: SecretStr | None = None
    backup_database_url: SecretStr | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_inside_url: str | None = None
    traces_url: str | None = None
    watch_folders: Annotated[tuple[Path, ...], NoDecode] = ()
    watch_certificates: Annotated[tuple[Server, ...], NoDecode] = ()
    simulation: bool = False

    @field_validator("accept_agencies", "watch_folders", "watch_certificates", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("traces_url")
    @classmethod
    def _collector(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("harus diawali http:// atau https://")
        return value or None

    @field_validator("oidc_issuer", "oidc_inside_url", "oidc_client_id", "oidc_client_secret", mode="before")
    @classmethod
    def _none_when_empty(cls, value: Any) -> Any:
        return value or None

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value and not value.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
            raise ValueError("harus diawali https://; http:// hanya untuk komputer ini")
        return value

    @field_validator("oidc_inside_url")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("harus diawali http:// atau https://")
        return value

    @field_validator("kafka_ca_file", "database_ca_file")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        if not value.is_file():
            raise ValueError("berkas tidak ada")
        try:
            ssl.create_default_context(cafile=value)
        except OSError:
            raise ValueError("berkas ini tidak berisi sertifikat dalam bentuk PEM") from None
        return value

    @model_validator(mode="after")
    def _safe_together(self) -> Self:
        if not self.loopback and not (self.base_url or "").startswith("https://"):
            raise ValueError("BANGKOM_BASE_URL harus diawali https:// bila BANGKOM_BIND bukan 127.0.0.1")
        if self.simulation and not self.loopback:
            raise ValueError("BANGKOM_SIMULATION hanya boleh dipakai bila BANGKOM_BIND adalah 127.0.0.1")
        if self.kafka_security_protocol.startswith("SASL") and not (self.kafka_username and self.kafka_password):
            raise ValueError("BANGKOM_KAFKA_USERNAME dan BANGKOM_KAFKA_PASSWORD wajib diisi untuk SASL")
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach us."""
        try:
            return ip_address(self.bind).is_loopback
        except ValueError:
            return self.bind == "localhost"

    @property
    def zone(self) -> ZoneInfo:
        """The agency's zone, for the dates people see."""
        return ZoneInfo(self.zone_name)

    @property
    def accepted(self) -> frozenset[str]:
        """Agencies whose events are taken: our own, unless others are named."""
        return self.accept_agencies or frozenset({self.agency})

    def database_url(self, name: str) -> str:
        """The address of a database, of a service or of "identity" or "backup"; raises WrongSetting when none is set.

        With a file of authorities it asks for TLS with a certificate that they signed for the server's name.
        """
        secret: SecretStr | None = getattr(self, f"{name}_database_url")
        if secret is None:
            raise WrongSetting(f"BANGKOM_{name.upper()}_DATABASE_URL belum diisi.")
        address = secret.get_secret_value()
        if self.database_ca_file is None:
            return address
        verified = {"sslmode": "verify-full", "sslrootcert": str(self.database_ca_file)}
        return make_url(address).update_query_dict(verified).render_as_string(hide_password=False)


def settings_for(*services: str) -> Settings:
    """Read the settings of a process that runs these services; raises WrongSetting."""
    fields: dict[str, Any] = {f"{service}_database_url": (SecretStr | None, None) for service in services}
    model = create_model("Settings", __base__=Settings, **fields)
    secrets = _secrets()
    try:
        settings = model(_secrets_dir=secrets)
    except ValidationError as error:
        raise WrongSetting(_one_line(error)) from None
    except (OSError, UnicodeDecodeError, SettingsError):
        places = f"Berkas {ENV_FILE}" + (f" atau isi folder {SECRETS}" if secrets else "")
        raise WrongSetting(f"{places} tidak dapat dibaca sebagai teks UTF-8.") from None
    _refuse_unknown(model, secrets)
    for service in services:
        _check_address(f"{service}_database_url", getattr(settings, f"{service}_database_url"))
    for name in ("identity_database_url", "backup_database_url"):
        _check_address(name, getattr(settings, name))
    return settings


def embedded_settings(services: Iterable[str]) -> Settings:
    """The settings of a process that runs these services on a folder of its own; raises WrongSetting."""
    settings = settings_for(*services)
    if settings.transport != "embedded":
        raise WrongSetting("BANGKOM_TRANSPORT harus embedded di sini; dengan kafka, jalankan tiap layanan sendiri.")
    return settings


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    context = first.get("ctx", {})
    if first["type"] == "value_error" and not first["loc"]:
        return f"{context['error']}."
    name = str(first["loc"][0]).upper()
    why = str(context["error"]) if first["type"] == "value_error" else reason(first["type"], context)
    return f"{name if name.startswith(PREFIX) else PREFIX + name}: {why}."


def _secrets() -> Path | None:
    named = os.environ.get(SECRETS)
    if named is None:
        return None
    if not Path(named).is_dir():
        raise WrongSetting(f"{SECRETS}: folder ini tidak ada.")
    return Path(named)


def _refuse_unknown(model: type[Settings], secrets: Path | None) -> None:
    known = {PREFIX + name.upper() for name in model.model_fields} | {"BANGKOM_ZONE", SECRETS}
    files = [file.name for file in secrets.iterdir()] if secrets else []
    names = (*os.environ, *dotenv_values(ENV_FILE), *files)
    given = {name.upper() for name in names if name.upper().startswith(PREFIX)}
    for name in sorted(given - known):
        # Services run apart share one file: the addresses of the others are known words here.
        if not FOREIGN.fullmatch(name) and not name.endswith("_DATABASE_URL"):
            raise WrongSetting(f"{name}: pengaturan ini tidak dikenal.")


def _check_address(field: str, secret: SecretStr | None) -> None:
    if secret is None:
        return
    address, name = secret.get_secret_value(), PREFIX + field.upper()
    if not address.startswith("postgresql+asyncpg://"):
        raise WrongSetting(f"{name}: harus diawali postgresql+asyncpg://.")
    try:
        complete = bool(make_url(address).database)
    except (ArgumentError, ValueError):
        complete = False
    if not complete:
        raise WrongSetting(f"{name}: bukan alamat yang lengkap (postgresql+asyncpg://akun:sandi@peladen/basisdata).")
