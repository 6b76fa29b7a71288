"""Exact numbers: cutting, rounding half up, bands."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

Bands = tuple[tuple[str, str], ...]


def cut(value: Fraction, places: int = 2) -> Decimal:
    """Shown values are cut, never rounded over a band edge (§2.5)."""
    digits = abs(value) * 10**places
    shown = Decimal(digits.numerator // digits.denominator).scaleb(-places)
    return -shown if value < 0 else shown


def half_up(value: Fraction, places: int = 2) -> Decimal:
    """ROUND_HALF_UP of a value that is not negative, once, at the end (§2.8)."""
    return Decimal(floor(value * 10**places + Fraction(1, 2))).scaleb(-places)


def band(value: Fraction | Decimal, bands: Bands) -> str:
    """Name of the highest band whose lower bound the value reaches; bands are listed from the highest down."""
    exact = Fraction(value)
    for lower, name in bands:
        if exact >= Fraction(lower):
            return name
    return bands[-1][1]


def mean(values: Sequence[Fraction | int | Decimal]) -> Fraction:
    return sum((Fraction(value) for value in values), Fraction(0)) / len(values)
