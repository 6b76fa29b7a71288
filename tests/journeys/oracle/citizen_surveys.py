"""Citizen satisfaction index per unit and period, exact and official (§2.8), and the signals of level 4 (§3.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from .numbers import Bands, band, half_up, mean
from .workbooks import rows

ELEMENTS = tuple(f"U{number}" for number in range(1, 10))
# §3.4: U6 officer competence, U7 officer behaviour.
PEOPLE_ELEMENTS = ("U6", "U7")
WEIGHT = Fraction(1, 9)
BANDS: Bands = (("88.31", "A"), ("76.61", "B"), ("65.00", "C"), ("25.00", "D"))
LOWEST_GOOD = Decimal("76.61")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Sums of answers per element of one unit and period, with the numbers of answers of each element."""

    key: str
    unit: str
    period: str
    sums: Mapping[str, int]
    answers: Mapping[str, int]
    official: Decimal | None = None
    weight: Decimal | None = None


def element_means(survey: Survey) -> dict[str, Fraction]:
    """The mean of an element is over its own answers."""
    return {name: Fraction(survey.sums[name], survey.answers[name]) for name in ELEMENTS}


def index(survey: Survey, weight: Fraction | None = None) -> Fraction:
    """Sum of the element means times their weight (1/9 unless the sender's is given) times 25, unrounded."""
    return sum(element_means(survey).values(), Fraction(0)) * (WEIGHT if weight is None else weight) * 25


def figures(survey: Survey) -> dict[str, object]:
    """Exact and official index with their bands, each band on the value rounded to two decimals."""
    exact = half_up(index(survey))
    found: dict[str, object] = {"exact": exact, "exact_band": band(exact, BANDS)}
    for name in PEOPLE_ELEMENTS:
        found[name] = half_up(element_means(survey)[name] * 25)
    if survey.official is not None:
        by_weight = None if survey.weight is None else half_up(index(survey, Fraction(survey.weight)))
        found |= {
            "official": survey.official,
            "official_band": band(survey.official, BANDS),
            "official_weight": survey.weight,
            # The sender's figure, computed again with the sender's own weight.
            "official_agrees": by_weight == survey.official,
        }
    return found


def agency(surveys: Sequence[Survey]) -> dict[str, object]:
    """Of one period: the mean of the unrounded unit indices (§2.8: rounded once, at the end), and the pooled index."""
    unit_mean = half_up(mean([index(survey) for survey in surveys]))
    pooled = Survey(
        key="",
        unit="",
        period="",
        sums={name: sum(survey.sums[name] for survey in surveys) for name in ELEMENTS},
        answers={name: sum(survey.answers[name] for survey in surveys) for name in ELEMENTS},
    )
    together = half_up(index(pooled))
    return {
        "mean": unit_mean,
        "mean_band": band(unit_mean, BANDS),
        "pooled": together,
        "pooled_band": band(together, BANDS),
    }


def signals(before: Survey | None, now: Survey) -> list[str]:
    """What opens a plan of the unit: index, U6 or U7 a band lower than the period before, or an index below 76.61."""
    # §3.4 reads "U6/U7 or IKM falls one band, or < 76.61": the least value is the index's, where band B begins.
    found = ["below"] if _figure(now, "exact") < LOWEST_GOOD else []
    if before is not None:
        names = ("exact", *PEOPLE_ELEMENTS)
        found += [name for name in names if band(_figure(now, name), BANDS) > band(_figure(before, name), BANDS)]
    return found


def _figure(survey: Survey, name: str) -> Decimal:
    return half_up(index(survey) if name == "exact" else element_means(survey)[name] * 25)


def read(path: Path) -> list[Survey]:
    """Surveys of the workbook; one number of respondents stands for all nine elements there."""
    found = []
    for row in rows(path, "Kode Unit", "Periode", "Responden", *ELEMENTS):
        respondents = row.integer("Responden") or 0
        found.append(
            Survey(
                key=f"{row.text('Kode Unit')} {row.text('Periode')}",
                unit=row.text("Kode Unit"),
                period=row.text("Periode"),
                sums={name: row.integer(name) or 0 for name in ELEMENTS},
                answers=dict.fromkeys(ELEMENTS, respondents),
                official=row.decimal("IKM Resmi"),
                weight=row.decimal("Bobot"),
            )
        )
    return found


def expected(path: Path) -> dict[str, dict[str, dict[str, object]]]:
    """What the surveys of a workbook give."""
    return of(read(path))


def of(surveys: Sequence[Survey]) -> dict[str, dict[str, dict[str, object]]]:
    """`units` by unit and period, `agency` by period; each unit's signals come from its period before."""
    return {
        "units": {survey.key: figures(survey) for survey in surveys},
        "agency": {
            period: agency([survey for survey in surveys if survey.period == period]) for period in _periods(surveys)
        },
        "signals": {key: {"fires": fired} for key, fired in all_signals(surveys)},
    }


def _periods(surveys: Iterable[Survey]) -> list[str]:
    return sorted({survey.period for survey in surveys})


def all_signals(surveys: Sequence[Survey]) -> Iterable[tuple[str, list[str]]]:
    latest: dict[str, Survey] = {}
    for survey in sorted(surveys, key=lambda survey: survey.period):
        yield survey.key, signals(latest.get(survey.unit), survey)
        latest[survey.unit] = survey
