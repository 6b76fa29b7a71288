"""Gaps between what a person can and what a job asks, and the job person match (Peraturan BKN 26/2019)."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

_HALF_CENT = Fraction(1, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One band of a table; it begins at from_percent, inclusive."""

    code: str
    title: str
    from_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRules:
    """One version of the bands, each table from the highest down."""

    appointment: Sequence[Band]
    mapping: Sequence[Band]
    gap_index: Sequence[Band]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The job person match in percent: capped counts no level beyond the standard, uncapped counts all."""

    capped: Fraction
    uncapped: Fraction

    @property
    def gap_index(self) -> Fraction:
        """The index of the gap (IKK): 100 less the capped match."""
        return 100 - self.capped


def gap(level: int, standard: int) -> int:
    """Level less standard: a deficit is negative."""
    return level - standard


def job_person_match(levels: Mapping[str, int], standard: Mapping[str, int], core: AbstractSet[str]) -> Match | None:
    """The match over the core competencies that the standard names; None when one of them was not assessed.

    Both mappings go from competency to level, those of one assessment and those of one job.
    """
    asked = {code: level for code, level in standard.items() if code in core}
    if not asked or not asked.keys() <= levels.keys():
        return None
    total = sum(asked.values())
    reached = sum(levels[code] for code in asked)
    within = sum(min(levels[code], level) for code, level in asked.items())
    return Match(capped=Fraction(100 * within, total), uncapped=Fraction(100 * reached, total))


def band_of(percent: Fraction, bands: Sequence[Band]) -> Band:
    """The band of an exact figure, never of one that was rounded."""
    return next(band for band in bands if percent >= band.from_percent)


def gap_band_of(gap_index: Fraction, bands: Sequence[Band]) -> Band | None:
    """The band of a gap index; None when there is no gap."""
    return band_of(gap_index, bands) if gap_index > 0 else None


def shown(figure: Fraction) -> Decimal:
    """A figure as people see it: cut to two decimals towards zero, so that it never crosses the edge of a band."""
    return Decimal(int(figure * 100)).scaleb(-2)


def rounds_to(exact: Fraction, figure: Decimal) -> bool:
    """Whether a figure of two decimals is what an exact one gives when it is rounded, whichever way a half goes."""
    return abs(Fraction(figure) - exact) <= _HALF_CENT
