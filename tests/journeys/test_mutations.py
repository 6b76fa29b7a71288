"""The oracle sees changed rules: ten are planted in a copy of the rule files, and each makes a difference."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook, load_workbook

from tests.journeys import acted_cases
from tests.journeys.first_hop import SAMPLES
from tests.journeys.installations import ROOT, SERVICES, Embedded
from tests.journeys.oracle import (
    comparison,
    mutations,
    samples,
    year_behaviour,
    year_follow_ups,
    year_hours,
    year_learning,
    year_reviews,
)
from tests.journeys.oracle.mutations import MUTATIONS, Mutation
from tests.journeys.oracle.product import Product

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CYCLE = 2026
SHEETS = (
    ("needs", "units", "unit.xlsx"),
    ("needs", "employees", "pegawai.xlsx"),
    ("needs", "standards", "standar-kompetensi.xlsx"),
    ("needs", "assessments", "rekap-asesmen.xlsx"),
    ("needs", "performance", "skp.xlsx"),
    ("training", "activities", "kegiatan-20jp.xlsx"),
    ("evaluation", "citizen-surveys", "skm-triwulan.xlsx"),
)
ACTIVITIES = "kegiatan-20jp.xlsx"
# In which column these name a person.
NUMBERS = {"pegawai.xlsx": 1, "rekap-asesmen.xlsx": 1, "skp.xlsx": 0, "kegiatan-20jp.xlsx": 5}
NUMBER = re.compile(r"\d{18}")
LOWER_BOUND, NEAR = 78, 6
# Some activities of the workbook end in days to come, and only what has ended counts.
DAYS_TO_LAST_ACTIVITY = 10
CONCLUDED = (year_learning, year_reviews, year_behaviour, year_follow_ups, year_hours)


class OneToken(Embedded):
    """In one process all services know the same people, so one token is enough."""

    def token(self, service: str) -> str:
        return super().token("needs")


def copy_services(folder: Path, planted: Iterable[Mutation]) -> None:
    """Programs look for their code where they are started before they look where this tree is."""
    folder.mkdir(mode=0o755)
    shutil.copytree(ROOT / "services", folder / "services")
    mutations.plant(folder / "services", planted)


@asynccontextmanager
async def installation(folder: Path, planted: Iterable[Mutation]) -> AsyncIterator[Embedded]:
    """An installation of its own copy of the services, started, whose rules were changed."""
    copy_services(folder, planted)
    found = OneToken(folder, simulation=True)
    try:
        await found.start()
        yield found
    finally:
        await found.close()


def workbooks(folder: Path) -> Path:
    """The sample workbooks of some people, and one of them was coached three times in one month."""
    made = folder / "workbooks"
    made.mkdir()
    people = chosen()
    for _, _, name in SHEETS:
        book = load_workbook(SAMPLES / name)
        lines = list(book.worksheets[0].iter_rows(values_only=True))
        whose = NUMBERS.get(name)
        kept = Workbook()
        for line in lines:
            if whose is None or not NUMBER.fullmatch(_text(line[whose])) or _text(line[whose]) in people:
                kept.worksheets[0].append(line)
        if name == ACTIVITIES:
            for day in (3, 10, 17):
                held_on = f"2026-02-{day:02}"
                kept.worksheets[0].append([held_on, held_on, f"Coaching {day}", "Atasan", 2, min(people), "C1"])
        kept.save(made / name)
    return made


def chosen() -> set[str]:
    """Two units, those whose match lies where a band begins, and everybody above them."""
    employees = list(load_workbook(SAMPLES / "pegawai.xlsx").worksheets[0].iter_rows(min_row=5, values_only=True))
    assessed = load_workbook(SAMPLES / "rekap-asesmen.xlsx").worksheets[0].iter_rows(min_row=5, values_only=True)
    at_the_edge = {_text(line[1]) for line in assessed if abs(float(str(line[15] or 0)) - LOWER_BOUND) < NEAR}
    superiors = {_text(line[1]): _text(line[11]) for line in employees}
    people = {_text(line[1]) for line in employees if line[10] in acted_cases.UNITS} | at_the_edge
    while missing := {superiors[number] for number in people} - people - {""}:
        people |= missing
    return people


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


async def differing(folder: Path, planted: Iterable[Mutation]) -> list[str]:
    """What differs after the workbooks came in, and after the cases were acted out."""
    async with installation(folder, planted) as found:
        sheets = workbooks(folder)
        await acted_cases.pass_days(found, DAYS_TO_LAST_ACTIVITY)
        for service, kind, workbook in SHEETS:
            await asyncio.to_thread(found.command, service, "import", kind, str(sheets / workbook))
        await found.call("POST", "/needs/analyses", {"cycle": CYCLE})
        lines = await asyncio.to_thread(lambda: list(_from_workbooks(_product(found), sheets)))
        await acted_cases.act(found)
        return lines + await asyncio.to_thread(lambda: list(_concluded(_product(found))))


def _product(found: Embedded) -> Product:
    return Product({service: found.address(service) for service in SERVICES}, found.token("needs"))


def _from_workbooks(product: Product, sheets: Path) -> Iterator[str]:
    for subject, expected, seen in samples.compared(product, sheets, CYCLE):
        yield from (f"{subject}: {line}" for line in comparison.differences(expected, seen))


def _concluded(product: Product) -> Iterator[str]:
    for part in CONCLUDED:
        for subject, expected, seen in part.compared(product):
            yield from (f"{subject}: {line}" for line in comparison.differences(expected, seen))


async def test_each_of_ten_changed_rules_makes_a_difference_of_its_own(folder: Path) -> None:
    unchanged, changed = await asyncio.gather(
        differing(folder / "unchanged", ()), differing(folder / "changed", MUTATIONS)
    )

    assert unchanged == []
    assert [mutation.rule for mutation in MUTATIONS if not mutation.is_told_by(changed)] == []
