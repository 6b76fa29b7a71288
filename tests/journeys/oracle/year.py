"""Everything that a running product concluded, held against the rules, whatever filled it: workbooks or a demo year.

`python -m tests.journeys.oracle year ADDRESS`, or in its place a JSON of the address of each service; the token of
one who is analyst and auditor stands in BANGKOM_ORACLE_TOKEN, or a JSON of one for each service. Exit code 1: something
differs.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing

from . import (
    comparison,
    year_analyses,
    year_behaviour,
    year_follow_ups,
    year_gaps,
    year_hours,
    year_journeys,
    year_learning,
    year_needs,
    year_reviews,
    year_surveys,
)
from .comparison import Facts
from .product import SERVICES, Product

# Each reads inputs and conclusions and gives, by subject, what is expected and what is seen.
SUBJECTS: tuple[Callable[[Product], Iterable[tuple[str, Facts, Facts]]], ...] = (
    year_gaps.compared,
    year_analyses.compared,
    year_needs.compared,
    year_learning.compared,
    year_reviews.compared,
    year_behaviour.compared,
    year_follow_ups.compared,
    year_journeys.compared,
    year_hours.compared,
    year_surveys.compared,
)


def compared(product: Product) -> dict[str, tuple[int, list[str]]]:
    """How many were expected and what differs, by subject."""
    return {
        subject: (len(expected), comparison.differences(expected, seen))
        for read in SUBJECTS
        for subject, expected, seen in read(product)
    }


def differences(base_urls: Mapping[str, str], token: str | Mapping[str, str]) -> list[str]:
    """One line per difference, led by its subject."""
    with closing(Product(base_urls, token)) as product:
        found = compared(product)
    return [f"{subject}: {line}" for subject, (_, lines) in found.items() for line in lines]


def main(arguments: list[str]) -> int:
    [address] = arguments
    base_urls = json.loads(address) if address.startswith("{") else dict.fromkeys(SERVICES, address)
    token = os.environ["BANGKOM_ORACLE_TOKEN"]
    found = compared(Product(base_urls, json.loads(token) if token.startswith("{") else token))
    for subject, (expected, lines) in found.items():
        sys.stdout.write(f"{subject}: {expected} expected, {len(lines)} differences\n")
        sys.stdout.write("".join(f"  {line}\n" for line in lines))
    total = sum(len(lines) for _, lines in found.values())
    sys.stdout.write(f"{total} differences\n")
    return 1 if total else 0
