"""The oracle sees changed rules: ten are planted in a copy of the rule files, and each makes a difference."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import load_workbook

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
# Some activities of the workbook end in days to come, and only what has ended counts.
DAYS_TO_LAST_ACTIVITY = "10"
CONCLUDED = (year_learning, year_reviews, year_behaviour, year_follow_ups, year_hours)


def copy_services(folder: Path, planted: Iterable[Mutation]) -> None:
    """Programs look for their code where they are started before they look where this tree is."""
    folder.mkdir(mode=0o755)
    shutil.copytree(ROOT / "services", folder / "services")
    mutations.plant(folder / "services", planted)


@asynccontextmanager
async def installation(folder: Path, planted: Iterable[Mutation]) -> AsyncIterator[Embedded]:
    """An installation of its own copy of the services, started, whose rules were changed."""
    copy_services(folder, planted)
    found = Embedded(folder, simulation=True)
    try:
        await found.start()
        yield found
    finally:
        await found.close()


def workbooks(folder: Path) -> Path:
    """The sample workbooks, and somebody who was coached three times in one month."""
    copied = folder / "workbooks"
    shutil.copytree(SAMPLES, copied)
    workbook = load_workbook(copied / ACTIVITIES)
    sheet = workbook.worksheets[0]
    number = next(cells[5].value for cells in sheet.iter_rows(min_row=2) if cells[6].value == "B7")
    for day in (3, 10, 17):
        held_on = f"2026-02-{day:02}"
        sheet.append([held_on, held_on, f"Coaching {day}", "Atasan", 2, number, "C1"])
    workbook.save(copied / ACTIVITIES)
    return copied


async def differing(folder: Path, planted: Iterable[Mutation]) -> list[str]:
    """What differs after the workbooks came in, and after the cases were acted out."""
    async with installation(folder, planted) as found:
        sheets = workbooks(folder)
        await asyncio.to_thread(found.bangkom, "clock", "advance", "--days", DAYS_TO_LAST_ACTIVITY)
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
