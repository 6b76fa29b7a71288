"""The example of the environment explains every setting there is, and none that is not."""

from __future__ import annotations

import re

import pytest

from shared.settings import PREFIX, SECRETS, Settings, settings_for
from tests.architecture.conftest import ROOT
from tests.architecture.test_tree import SERVICES

EXAMPLE = re.compile(r"(?:# .+\n)+#(BANGKOM_[A-Z_]+)=(.*)\n")


def explained() -> dict[str, str]:
    """The settings of .env.example that have an explanation above them, with the value shown."""
    return dict(EXAMPLE.findall((ROOT / ".env.example").read_text(encoding="utf-8")))


def known() -> set[str]:
    own = {str(field.validation_alias or PREFIX + name.upper()) for name, field in Settings.model_fields.items()}
    return own | {SECRETS} | {f"{PREFIX}{service.upper()}_DATABASE_URL" for service in SERVICES}


def test_example_explains_every_setting_and_no_other() -> None:
    assert set(explained()) == known()


def test_example_values_are_accepted_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in explained().items():
        # A folder that is there on machines that have it.
        if value and name != SECRETS:
            monkeypatch.setenv(name, value)

    settings = settings_for(*SERVICES)

    assert settings.agency == explained()["BANGKOM_AGENCY"]


def test_example_shows_the_defaults() -> None:
    shown = explained()
    defaults = {str(f.validation_alias or PREFIX + n.upper()): f.default for n, f in Settings.model_fields.items()}

    plain = {name: default for name, default in defaults.items() if isinstance(default, str | int) and name in shown}

    assert {name: shown[name].lower() for name in plain} == {name: str(plain[name]).lower() for name in plain}
