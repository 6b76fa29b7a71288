"""Whatever happens to a consumer or to relays, what is left is what was promised."""

from __future__ import annotations

from tests.model.stories import play


def test_consumer_keeps_its_promises_in_any_story() -> None:
    play("consumer")


def test_relays_keep_their_promises_in_any_story() -> None:
    play("relay")
