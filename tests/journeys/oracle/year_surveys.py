"""Citizen indices of units and agency, from the sums of answers as they came in (§2.8, §3.4)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from . import citizen_surveys
from .citizen_surveys import ELEMENTS, Survey
from .comparison import Facts
from .numbers import half_up
from .product import Entry, Product

SIGNALS = {"below": "BELOW_MINIMUM", "exact": "INDEX_FELL", "U6": "U6_FELL", "U7": "U7_FELL"}
SHOWN = {
    "exact": "exact_index",
    "exact_band": "exact_band",
    "official": "official_index",
    "official_band": "official_band",
    "official_weight": "official_weight",
    "difference": "difference",
}
AGENCY = {"units": "units", "mean": "index", "mean_band": "band", "pooled": "pooled_index"}


def survey(entry: Entry) -> Survey:
    """One number of respondents stands for all nine elements."""
    return Survey(
        key=f"{entry['unit_code']} {period(entry)}",
        unit=entry["unit_code"],
        period=period(entry),
        sums=entry["sums"],
        answers=dict.fromkeys(ELEMENTS, int(entry["respondents"])),
        official=_decimal(entry["official_index"]),
        weight=_decimal(entry["official_weight"]),
    )


def period(entry: Entry) -> str:
    return f"{entry['year']} TW{entry['quarter']}"


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def unit_figures(one: Survey) -> dict[str, object]:
    figures = {"official": None, "official_band": None, "official_weight": None} | citizen_surveys.figures(one)
    exact, means = Decimal(str(figures["exact"])), citizen_surveys.element_means(one)
    return {
        **{name: figures[name] for name in SHOWN if name != "difference"},
        "difference": None if one.official is None else one.official - exact,
        "elements": {name: half_up(means[name] * 25) for name in ELEMENTS},
    }


def expected(surveys: Sequence[Survey]) -> dict[str, Facts]:
    """Figures of each unit and period with what they signal, and of the agency in each period."""
    agency, fired = citizen_surveys.of(surveys)["agency"], dict(citizen_surveys.all_signals(surveys))
    counted = {name: sum(one.period == name for one in surveys) for name in agency}
    return {
        "citizen surveys": {
            one.key: unit_figures(one) | {"signals": sorted(SIGNALS[name] for name in fired[one.key])}
            for one in surveys
        },
        "agency indices": {
            name: {word: figures[word] for word in AGENCY if word in figures} | {"units": counted[name]}
            for name, figures in agency.items()
        },
    }


def seen(product: Product) -> dict[str, Facts]:
    shown = product.get("evaluation", "citizen-surveys")
    return {
        "citizen surveys": {
            survey(entry).key: {name: entry[word] for name, word in SHOWN.items()}
            | {"elements": entry["elements"], "signals": sorted(entry["signals"])}
            for entry in shown["surveys"]
        },
        "agency indices": {
            period(entry): {name: entry[word] for name, word in AGENCY.items()} for entry in shown["agency"]
        },
    }


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    entries = product.get("evaluation", "citizen-surveys")["surveys"]
    wanted, shown = expected([survey(entry) for entry in entries]), seen(product)
    for subject, facts in wanted.items():
        yield subject, facts, shown[subject]
