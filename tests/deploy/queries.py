"""What a query asks for: the names of figures, and the labels that it picks, groups or joins them by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

KEYWORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
MATCHERS = re.compile(r"\b([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
NAME = re.compile(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()")
WORD = re.compile(r"\w+")
ALWAYS = frozenset({"job", "instance"})
"""Labels that Prometheus itself gives to everything it scrapes."""

OF_PROMETHEUS: Mapping[str, AbstractSet[str]] = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity"}}
"""What it makes itself, with its labels."""

Exposed = Mapping[str, AbstractSet[str]]
"""The labels of each figure, by its name."""


@dataclass(slots=True)
class Asked:
    """The labels that each figure is picked by, and those that the query groups or joins by."""

    picked: dict[str, set[str]] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)


def asked(query: str) -> Asked:
    """What a query asks for; durations and texts in it do not matter."""
    found = Asked()
    rest = re.sub(r"\[[^\]]*\]", "", re.sub(r'"[^"]*"', "", query))
    for labels in GROUPING.findall(rest):
        found.grouped.update(WORD.findall(labels))
    rest = GROUPING.sub(" ", rest)
    for name, matchers in MATCHERS.findall(rest):
        found.picked.setdefault(name, set()).update(WORD.findall(matchers))
    for name in set(NAME.findall(MATCHERS.sub(" ", rest))) - KEYWORDS:
        found.picked.setdefault(name, set())
    return found


def missing(query: str, exposed: Exposed) -> set[str]:
    """The names and labels in a query that nobody tells."""
    wanted, known = asked(query), {**exposed, **OF_PROMETHEUS}
    unknown = {name for name in wanted.picked if name not in known}
    for name, labels in wanted.picked.items():
        unknown |= {f"{name}{{{label}}}" for label in labels - known.get(name, labels) - ALWAYS}
    told = ALWAYS.union(*(known.get(name, set()) for name in wanted.picked))
    return unknown | {f"by {label}" for label in wanted.grouped - told}
