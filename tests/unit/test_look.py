"""The colours of pages, read from the style sheet: every text can be told from its ground, in light and in dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STYLES = (Path(__file__).parent.parent.parent / "shared" / "web" / "static" / "bangkom.css").read_text(encoding="utf-8")
DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "shell.md").read_text(encoding="utf-8")
TEXTS = [
    *((text, ground) for text in ("ink", "quiet", "main", "bad", "warn") for ground in ("paper", "card")),
    *((tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "busy")),
    *(("on-heat", f"heat-{step}") for step in range(4)),
    *(("on-heat-high", f"heat-{step}") for step in (4, 5)),
    ("ink", "soft"),
    ("on-main", "main"),
]
"""Text and what it stands on."""
SHAPES = [
    *((f"series-{number}", "card") for number in range(1, 6)),
    ("field", "card"),
    ("main", "card"),
    ("ink", "card"),
]
"""What must be seen though it is no text: borders of fields, marks, parts of charts."""
READABLE, VISIBLE = 4.5, 3.0
"""WCAG 2.2 AA, criteria 1.4.3 and 1.4.11."""


def colours(dark: bool) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", STYLES, re.DOTALL)
    named = [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", block)) for block in blocks]
    assert len(named) == 2
    return {**named[0], **named[1]} if dark else named[0]


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_computed_as_the_guidelines_say() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_texts_can_be_read_and_shapes_be_seen(dark: bool) -> None:
    named = colours(dark)

    pale = {pair: contrast(named[pair[0]], named[pair[1]]) for pair in TEXTS}
    faint = {pair: contrast(named[pair[0]], named[pair[1]]) for pair in SHAPES}

    assert {pair: ratio for pair, ratio in pale.items() if ratio < READABLE} == {}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < VISIBLE} == {}


def test_every_colour_stands_in_light_and_dark_and_in_the_document() -> None:
    light, dark = (dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6});", block)) for block in blocks())

    assert light.keys() == dark.keys()
    families = {re.sub(r"-\d$", "-…", name) for name in light}
    assert [name for name in sorted(families) if f"`--{name}`" not in DOCUMENT] == []


def blocks() -> list[str]:
    return re.findall(r":root \{(.*?)\}", STYLES, re.DOTALL)


def test_no_colour_is_named_outside_the_first_lines() -> None:
    rest = re.sub(r":root \{.*?\}", "", STYLES, flags=re.DOTALL)

    assert re.findall(r"#[0-9a-f]{3,6}\b|rgba?\(|hsl", rest) == []


def test_every_named_length_and_colour_is_one_that_there_is() -> None:
    named = set(re.findall(r"(--[a-z0-9-]+):", "".join(blocks())))

    assert set(re.findall(r"var\((--[a-z0-9-]+)\)", STYLES)) <= named
