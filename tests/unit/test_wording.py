"""The words for refused fields, against the list of failures pydantic itself gives."""

from typing import Any

import pytest
from pydantic_core._pydantic_core import list_all_errors

from shared.web.wording import KINDS, REASONS, reason

KNOWN: dict[str, dict[str, Any]] = {error["type"]: error.get("example_context") or {} for error in list_all_errors()}


@pytest.mark.parametrize("kind", sorted(REASONS))
def test_reason_exists_and_finds_its_limits(kind: str) -> None:
    worded = reason(kind, KNOWN[kind])

    assert "{" not in worded
    assert all(str(KNOWN[kind][name]) in worded for name in KNOWN[kind] if f"{{{name}}}" in REASONS[kind])


def test_every_kind_of_failure_has_words() -> None:
    assert all(reason(kind, context) for kind, context in KNOWN.items())


@pytest.mark.parametrize("start", sorted(KINDS))
def test_start_names_a_kind_pydantic_has(start: str) -> None:
    assert any(kind.startswith(start) for kind in KNOWN)


def test_words_never_repeat_what_pydantic_read() -> None:
    context = {"error": "Budi Santoso"}

    assert {reason(kind, context) for kind in ("json_invalid", "value_error", "date_parsing")} == {
        "bukan JSON yang sah",
        "tidak sah",
        "bukan tanggal yang sah (contoh: 2026-11-22)",
    }
