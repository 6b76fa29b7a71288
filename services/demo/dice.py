"""Chance that repeats: the same seed and the same facts always fall the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
Word = str | int | date
"""A fact that is the same in every run: an employee number, a code, a cycle, a day; never an id, for ids are random."""
_FACES = 2**64


@dataclass(frozen=True, slots=True)
class Dice:
    """All chance of a demo; words name what is asked, so that no question depends on those asked before."""

    seed: int

    def chance(self, share: float, *words: Word) -> bool:
        """True for about that share (0 to 1) of all words."""
        return self._fall(words) < share * _FACES

    def between(self, low: int, high: int, *words: Word) -> int:
        """A whole number from low to high, both among them, each as likely."""
        return low + self._fall(words) * (high - low + 1) // _FACES

    def pick(self, sequence: Sequence[T], *words: Word) -> T:
        """One of them, each as likely."""
        return sequence[self.between(0, len(sequence) - 1, *words)]

    def _fall(self, words: tuple[Word, ...]) -> int:
        asked = "\x1f".join(map(str, (self.seed, *words)))
        return int.from_bytes(blake2b(asked.encode(), digest_size=8).digest(), "big")
