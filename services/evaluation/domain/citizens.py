"""Level 4 as citizens see it: the index of a unit's service, exact beside the official one (PermenPANRB 14/2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from services.evaluation.domain.reaction import SCALE, rounded
from services.evaluation.domain.rules import Version

ELEMENTS = ("U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9")
OF_OFFICERS = ("U6", "U7")
"""Competence and behaviour of the officers: the elements that development can change."""


class EighthElement(StrEnum):
    """What a sender means by U8; U9 is the other one."""

    FACILITIES = "FACILITIES"
    COMPLAINTS = "COMPLAINTS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A band of service quality and the index it begins at."""

    name: str
    begins_at: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceVersion(Version):
    """The bands, best first, and the index below which a unit needs a plan."""

    bands: tuple[Band, ...]
    minimum_index: Decimal

    def band_of(self, index: Decimal) -> str:
        """The band of a rounded index; below the lowest beginning it is still the lowest."""
        return next((band.name for band in self.bands if index >= band.begins_at), self.bands[-1].name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One survey of one unit: the sum of all answers (1 to 4) per element, and what the sender computed."""

    unit_code: str
    unit_name: str
    year: int
    quarter: int
    respondents: int
    sums: Mapping[str, int]
    official_index: Decimal | None
    official_weight: Decimal | None
    eighth_element: EighthElement

    def exact(self) -> Fraction:
        """The index with equal weights of one ninth, not rounded."""
        return sum((self.element(name) for name in ELEMENTS), Fraction(0)) / len(ELEMENTS)

    def element(self, name: str) -> Fraction:
        """One element on the scale of 25 to 100, not rounded."""
        return Fraction(self.sums[name] * SCALE, self.respondents)


def unit_signals(now: Survey, before: Survey | None, version: ServiceVersion) -> list[str]:
    """What calls for a plan of the unit: too low an index, or index, U6 or U7 in a lower band than the time before."""
    index = rounded(now.exact())
    found = ["BELOW_MINIMUM"] if index < version.minimum_index else []
    if before is None:
        return found
    order = [band.name for band in version.bands]

    def fell(new: Fraction, old: Fraction) -> bool:
        return order.index(version.band_of(rounded(new))) > order.index(version.band_of(rounded(old)))

    if fell(now.exact(), before.exact()):
        found.append("INDEX_FELL")
    return found + [f"{name}_FELL" for name in OF_OFFICERS if fell(now.element(name), before.element(name))]


def mean_of_units(surveys: Sequence[Survey]) -> Decimal:
    """The agency's index: the mean of the units' indices, rounded once."""
    return rounded(sum((survey.exact() for survey in surveys), Fraction(0)) / len(surveys))


def pooled(surveys: Sequence[Survey]) -> Decimal:
    """The index over all respondents of all units as if they were one."""
    respondents = sum(survey.respondents for survey in surveys)
    total = sum(survey.sums[name] for survey in surveys for name in ELEMENTS)
    return rounded(Fraction(total * SCALE, respondents * len(ELEMENTS)))
