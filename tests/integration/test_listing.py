"""Lists: the page that the document shows a newcomer, built from the document and used."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import openpyxl
import pytest
from fastapi import APIRouter
from sqlalchemy import delete, select

from services.training.app import SERVICE
from services.training.tables import ProgramRow
from shared.audit import AuditEntry
from shared.db import Database, insert_rows
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.integration.browser import Browser, Front, fronted

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "shell.md"
HERE = "/training/pages/programs"
TERMS = {
    "competency": "PELAYANAN_PUBLIK",
    "learning_hours": 8,
    "minimum_attendance_percent": 80,
    "post_test_required": False,
    "pass_mark": None,
}


def example(language: str) -> str:
    """The block of the document in this language that shows a list page."""
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return next(block for block in found if "list" in block)


@pytest.fixture
def programs() -> Iterator[ModuleType]:
    module = ModuleType("example_of_a_list")
    sys.modules[module.__name__] = module
    exec(compile(example("python"), str(DOCUMENT), "exec"), module.__dict__)
    yield module
    del sys.modules[module.__name__]


@pytest.fixture
async def front(programs: ModuleType, make_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Front]:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "programs.html").write_text(example("html"), encoding="utf-8")
    pages = APIRouter(prefix="/training/pages")
    pages.include_router(programs.router)
    service = replace(SERVICE, pages=pages, folder=tmp_path, links=())
    database = await make_database(service="training", agency="medan", lineages=[*SERVICE.lineages, IDENTITY])
    async with fronted(service, database) as front:
        yield front


async def add_programs(database: Database, *titles: str, **columns: object) -> None:
    async with database.transaction() as session:
        rows = [{"id": new_id(), "code": f"K-{new_id().hex[-8:]}", "title": title, "form": 3} for title in titles]
        await insert_rows(session, ProgramRow, [{**TERMS, **row, **columns} for row in rows])


@pytest.fixture
async def analyst(front: Front) -> Browser:
    return await front.browser(Role.ANALYST)


def titles_in(html: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]+)', html)


async def downloaded(browser: Browser, path: str) -> openpyxl.Workbook:
    answer = await browser.download(path)
    assert answer.headers["content-disposition"].startswith('attachment; filename="program-')
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def test_newcomer_needs_no_more_than_forty_lines() -> None:
    lines = [line for language in ("python", "html") for line in example(language).splitlines() if line.strip()]

    assert 10 < len(lines) <= 40


async def test_empty_list_says_what_to_do_and_offers_no_file(analyst: Browser) -> None:
    html = await analyst.see(HERE)

    assert "Catat program pertama" in html
    assert "Unduh Excel" not in html


async def test_list_is_for_the_roles_that_were_named(front: Front) -> None:
    somebody = await front.browser(Role.EMPLOYEE, employee_id=new_id())

    await somebody.see(HERE, status=403)
    found = await somebody.send(HERE, {"text": "a"})

    assert found.status_code == 403


async def test_list_is_sorted_by_its_columns_and_nothing_else(front: Front, analyst: Browser) -> None:
    await add_programs(front.database, "Anggaran", learning_hours=30)
    await add_programs(front.database, "Bahasa", learning_hours=4)

    by_title, backwards, by_hours, strange = [
        titles_in(await analyst.see(f"{HERE}?sort={sort}")) for sort in ("title", "-title", "hours", "code")
    ]

    assert (by_title, backwards) == (["Anggaran", "Bahasa"], ["Bahasa", "Anggaran"])
    assert by_hours == ["Bahasa", "Anggaran"]
    assert strange == by_title
    assert re.search(
        r'<th scope="col" class="number" aria-sort="descending"><a[^>]*>JP', await analyst.see(f"{HERE}?sort=-hours")
    )


async def test_pages_hold_every_row_once(front: Front, analyst: Browser) -> None:
    await add_programs(front.database, *[f"Sama {number % 3}" for number in range(120)])

    pages = [await analyst.see(f"{HERE}?sort=form&page={number}") for number in (1, 2, 3, 99)]

    codes = [re.findall(r"<small>(K-[0-9a-f]+)", html) for html in pages]
    assert [len(each) for each in codes] == [50, 50, 20, 20]
    assert len(set().union(*codes)) == 120
    assert codes[3] == codes[2]
    assert "101–120 dari 120" in pages[2]
    assert "Berikutnya" in pages[0]
    assert "Berikutnya" not in pages[2]


async def test_text_is_found_as_typed_and_never_put_into_an_address(front: Front, analyst: Browser) -> None:
    await add_programs(front.database, "Diskon 100% penuh", "Seratus persen", "Nama_berkas", "Namaxberkas")

    percent, underscore, nothing = [await analyst.send(HERE, {"text": text}) for text in ("100%", "nama_berkas", "%%")]
    in_address = await analyst.see(f"{HERE}?text=Seratus")

    assert titles_in(percent.text) == ["Diskon 100% penuh"]
    assert titles_in(underscore.text) == ["Nama_berkas"]
    assert "Tidak ada yang cocok" in nothing.text
    assert len(titles_in(in_address)) == 4
    assert "100%25" not in percent.text
    assert re.search(r'<button form="list-again" name="sort" value="hours"', percent.text)


async def test_what_was_searched_is_sorted_and_downloaded_by_form(front: Front, analyst: Browser) -> None:
    await add_programs(front.database, "Layanan A", "Layanan B", "Keuangan")

    backwards = await analyst.send(HERE, {"text": "layanan", "sort": "-title"})
    file = await analyst.send(HERE, {"text": "layanan", "sort": "-title", "export": "xlsx"})

    assert titles_in(backwards.text) == ["Layanan B", "Layanan A"]
    book = openpyxl.load_workbook(io.BytesIO(file.content))
    assert [row[0] for row in book["Program"].iter_rows(values_only=True)] == ["Judul", "Layanan B", "Layanan A"]
    assert ("Cari", "layanan") in list(book["Keterangan"].iter_rows(max_col=2, values_only=True))


async def test_choice_filters_and_a_strange_one_counts_as_none(front: Front, analyst: Browser) -> None:
    await add_programs(front.database, "Teknis")
    await add_programs(front.database, "Lokakarya", form=4)

    workshops = await analyst.see(f"{HERE}?form=4")
    strange = await analyst.see(f"{HERE}?form=99")

    assert titles_in(workshops) == ["Lokakarya"]
    assert '<option value="4" selected>' in workshops
    assert "form=4" in workshops.partition('aria-sort="ascending"')[2]
    assert len(titles_in(strange)) == 2


async def test_file_holds_no_formula_and_numbers_stay_numbers(front: Front, analyst: Browser) -> None:
    titles = sorted(["=1+2", "+62", "-5", "@SUM(A1)", "\tTab", "\rCR", '=HYPERLINK("x")'])
    await add_programs(front.database, *titles, learning_hours=-3)

    heading, *rows = (await downloaded(analyst, f"{HERE}?export=xlsx"))["Program"].iter_rows()

    assert [cell.value for cell in heading] == ["Judul", "Bentuk", "JP"]
    # XML knows no difference between the two ends of a line.
    written = {(row[0].data_type, row[0].value) for row in rows}
    assert written == {("s", f"'{title}".replace("\r", "\n")) for title in titles}
    assert {(row[2].data_type, row[2].value) for row in rows} == {("n", -3)}


async def test_file_holds_all_pages(front: Front, analyst: Browser) -> None:
    await add_programs(front.database, *[f"Program {number:03}" for number in range(70)])

    whole = await downloaded(analyst, f"{HERE}?export=xlsx&page=2")
    async with front.database.transaction() as session:
        await session.execute(delete(ProgramRow).where(ProgramRow.title != "Program 007"))
    one = await downloaded(analyst, f"{HERE}?export=xlsx")

    assert whole["Program"].max_row == 71
    async with front.database.session() as session:
        taken = (await session.scalars(select(AuditEntry.details).where(AuditEntry.action == "export_list"))).all()
    assert [entry["rows"] for entry in taken] == [70, 1]
    assert one["Program"].max_row == 2
