"""Standards, assessments and performance results from workbooks, and what people see of them."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import httpx
import openpyxl
import pytest

from services.needs.app import SERVICE
from services.needs.domain.evidence import EvidenceKind
from services.needs.imports.kinds import ASSESSMENTS, EMPLOYEES, PERFORMANCE, POSITIONS, STANDARDS, UNITS
from shared.db import Database
from shared.events.needs import CompetencyAssessed
from shared.events.reference import CompetencyRecorded, PositionRecorded
from shared.files.outcome import Outcome
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.agency import SAMPLES, assess, go_to, take_in
from tests.integration.house import House, opened
from tests.records import emitted

TODAY = date(2026, 6, 1)
CORE = (
    "Integritas", "Kerja Sama", "Komunikasi", "Orientasi pada Hasil", "Pelayanan Publik",
    "Pengembangan Diri dan Orang Lain", "Mengelola Perubahan", "Pengambilan Keputusan", "Perekat Bangsa",
)  # fmt: skip
CODES = tuple(title.upper().replace(" ", "_") for title in CORE)
PERSON = "199110272025222000"


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    """The city with its people."""
    database = await make_database(service="needs", agency="medan", lineages=[*SERVICE.lineages, IDENTITY])
    await go_to(database, TODAY)
    await take_in(database, UNITS, "unit.xlsx")
    await take_in(database, EMPLOYEES, "pegawai.xlsx")
    return database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with opened(SERVICE, database) as house:
        yield house


@pytest.fixture
async def analyst(house: House) -> httpx.AsyncClient:
    return await house.person(Role.ANALYST)


def figures(outcome: Outcome) -> tuple[str, int, int, int, int]:
    changes = outcome.changes
    return (outcome.status, outcome.rows_read, changes.added, changes.changed, changes.unchanged)


def sheet(name: str, title: str) -> list[dict[str, Any]]:
    """The rows of a workbook below its titles, read by hand."""
    rows = list(openpyxl.load_workbook(SAMPLES / name).worksheets[0].iter_rows(values_only=True))
    start = next(number for number, row in enumerate(rows) if title in row)
    return [dict(zip(map(str, rows[start]), row, strict=True)) for row in rows[start + 1 :]]


def recap(*rows: str, titles: str = f"NIP;{';'.join(CORE)};Total;JPM (%);Tanggal;Lembaga") -> str:
    return "\n".join([titles, *rows]) + "\n"


def assessed(levels: str, number: str = PERSON, day: str = "16/03/2026", by: str = "Unit A (terakreditasi)") -> str:
    return f"{number};{';'.join(levels)};{sum(map(int, levels.replace('-', '')))};50,00;{day};{by}"


async def everything(client: httpx.AsyncClient, path: str) -> list[dict[str, Any]]:
    """All pages of a list, newest first."""
    found: list[dict[str, Any]] = []
    while True:
        before = {"before": found[-1]["id"]} if found else {}
        page = (await client.get(path, params={"limit": 500, **before})).json()
        found += page
        if len(page) < 500:
            return found


async def test_standards_of_classes_reach_the_positions_that_they_change(
    database: Database, analyst: httpx.AsyncClient
) -> None:
    same = await take_in(database, STANDARDS, "standar-kompetensi.xlsx")
    again = await take_in(database, STANDARDS, "standar-kompetensi.xlsx")
    before = len(await emitted(database))
    raised = await take_in(
        database, STANDARDS, "\n".join(["Kelas Jabatan;" + ";".join(CORE), "JF Ahli Muda;5" + ";3" * 8]) + "\n"
    )

    assert (figures(same), figures(again)) == (("APPLIED", 8, 8, 0, 0), ("APPLIED", 8, 0, 0, 8))
    assert figures(raised) == ("APPLIED", 1, 0, 1, 0)
    told = Counter(type(each.event) for each in await emitted(database))
    assert told[CompetencyRecorded] == 9
    changed = [each.event for each in (await emitted(database))[before:]]
    assert {type(event) for event in changed} == {PositionRecorded}
    assert {event.position_class for event in changed if isinstance(event, PositionRecorded)} == {"JF_AHLI_MUDA"}
    standards = {each["position_class"]: each["levels"] for each in (await analyst.get("/needs/standards")).json()}
    bases = {level["competency"]: (level["level"], level["basis"]) for level in standards["JF_AHLI_MUDA"]}
    assert bases["INTEGRITAS"] == (5, "CLASS")
    assert {level["basis"] for level in standards["JPT_UTAMA"]} == {"DEFAULT"}


async def test_new_position_is_told_with_the_standard_of_its_class(database: Database) -> None:
    await take_in(database, STANDARDS, "Kelas Jabatan;" + ";".join(CORE) + "\nJF Mahir;4" + ";3" * 8 + "\n")

    await take_in(database, POSITIONS, "Jabatan;Kelas Jabatan\nArsiparis Mahir;JF Mahir\nArsiparis Muda;Ahli Muda\n")

    told = [each.event for each in await emitted(database) if isinstance(each.event, PositionRecorded)][-2:]
    assert {event.title: set(event.standard_levels.values()) for event in told} == {
        "Arsiparis Mahir": {4, 3}, "Arsiparis Muda": {3},
    }  # fmt: skip
    assert told[0].standard_levels.keys() == set(CODES)


async def test_every_figure_of_the_sample_recap_equals_one_computed_by_hand(
    database: Database, analyst: httpx.AsyncClient
) -> None:
    await take_in(database, STANDARDS, "standar-kompetensi.xlsx")
    outcome = await take_in(database, ASSESSMENTS, "rekap-asesmen.xlsx")

    assert figures(outcome) == ("APPLIED", 200, 200, 0, 0)
    asked = {
        row["Kelas Jabatan"]: [row[title] for title in CORE] for row in sheet("standar-kompetensi.xlsx", "Integritas")
    }
    classes = {str(row["NIP"]).strip(): row["Kelas Jabatan"] for row in sheet("pegawai.xlsx", "NIP Atasan")}
    expected: Counter[tuple[object, ...]] = Counter()
    for row in sheet("rekap-asesmen.xlsx", "Integritas"):
        levels = [row[title] for title in CORE]
        standard = asked[classes[row["NIP"]]]
        sent = Decimal(str(row["JPM (%)"])).quantize(Decimal("0.01"))
        shown = {code: level for code, level in zip(CODES, levels, strict=True) if level != "-"}
        capped: Decimal | None = None
        agrees: bool | None = None
        if len(shown) == 9:
            capped = Decimal(sum(map(min, levels, standard)) * 10_000 // sum(standard)) / 100
            agrees = abs(Fraction(sent) - Fraction(100 * sum(levels), sum(standard))) <= Fraction(1, 200)
        expected[(tuple(sorted(shown.items())), row["Total"], sent, capped, agrees)] += 1
    seen = Counter(
        (
            tuple(sorted(each["levels"].items())),
            each["sender"]["total"],
            Decimal(each["sender"]["match"]),
            Decimal(each["match"]["capped"]) if each["match"] else None,
            each["sender"]["agrees"],
        )
        for each in await everything(analyst, "/needs/assessments")
    )
    assert seen == expected
    told = [each.event for each in await emitted(database) if isinstance(each.event, CompetencyAssessed)]
    assert {(event.source, event.assessed_on, event.valid_until) for event in told} == {
        ("CENTRE", date(2026, 3, 16), date(2029, 3, 16))
    }
    assert len(told) == 200


async def test_incomplete_report_and_other_total_are_noted(database: Database) -> None:
    outcome = await take_in(database, ASSESSMENTS, "rekap-asesmen.xlsx")

    noted = Counter(note.column if note.column == "Total" else "competency" for note in outcome.notes)
    assert noted == {"competency": 6, "Total": 5}


async def test_recap_of_a_day_is_taken_again_only_where_it_differs(
    database: Database, analyst: httpx.AsyncClient
) -> None:
    await take_in(database, ASSESSMENTS, recap(assessed("111111111")))
    before = len(await emitted(database))

    same = await take_in(database, ASSESSMENTS, recap(assessed("111111111")))
    corrected = await take_in(database, ASSESSMENTS, recap(assessed("-11111112")))
    other_day = await take_in(database, ASSESSMENTS, recap(assessed("111111113", day="2026-04-16")))

    assert figures(same) == ("APPLIED", 1, 0, 0, 1)
    assert (figures(corrected), figures(other_day)) == (("APPLIED", 1, 0, 1, 0), ("APPLIED", 1, 1, 0, 0))
    told = [each.event for each in (await emitted(database))[before:]]
    assert [event.levels["PEREKAT_BANGSA"] for event in told if isinstance(event, CompetencyAssessed)] == [2, 3]
    newest, older = (await analyst.get("/needs/assessments")).json()
    assert ("INTEGRITAS" in newest["levels"], "INTEGRITAS" in older["levels"]) == (True, False)
    assert (older["match"], older["sender"]["match"], older["sender"]["agrees"]) == (None, "50.00", None)


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("Unit Penilaian (Terakreditasi A)", "CENTRE"), ("Unit Penilaian (belum terakreditasi)", "CENTRE_UNACCREDITED"),
        ("Unit Penilaian, tidak terakreditasi", "CENTRE_UNACCREDITED"), ("-", "CENTRE_UNACCREDITED"),
    ],
)  # fmt: skip
async def test_centre_counts_as_accredited_when_the_file_says_so(
    database: Database, analyst: httpx.AsyncClient, provider: str, kind: str
) -> None:
    await take_in(database, ASSESSMENTS, recap(assessed("111111111", by=provider)))

    [seen] = (await analyst.get("/needs/assessments")).json()
    assert (seen["kind"], seen["provider"]) == (kind, None if provider == "-" else provider)


async def test_bad_rows_of_a_recap_are_named(database: Database) -> None:
    spoiled = [
        assessed("111111116"),
        assessed("111111111", number="198001012005012000"),
        assessed("111111111", day="17/03/2027"),
        assessed("---------"),
        assessed("111111111"),
        assessed("111111111"),
        assessed("111111111").replace("50,00", "banyak"),
    ]

    outcome = await take_in(database, ASSESSMENTS, recap(*spoiled))

    assert outcome.status == "REFUSED"
    assert {(error.row, error.column) for error in outcome.errors} >= {
        (2, "Perekat Bangsa"), (3, "NIP"), (4, "Tanggal"), (5, "Integritas"), (7, "NIP"), (8, "JPM (%)"),
    }  # fmt: skip


async def test_performance_results_are_taken_by_year(
    database: Database, house: House, analyst: httpx.AsyncClient
) -> None:
    first = await take_in(database, PERFORMANCE, "skp.xlsx")
    again = await take_in(database, PERFORMANCE, "skp.xlsx")
    header = "NIP;Tahun;Predikat Kinerja;Hasil Kerja\n"
    changed = await take_in(database, PERFORMANCE, f"{header}{PERSON};2025;Sangat Baik;\n{PERSON};2024;Baik;-\n")
    bad = await take_in(database, PERFORMANCE, f"{header}{PERSON};2027;Baik;\n{PERSON};2025;Lumayan;\n")

    assert (figures(first), figures(again)) == (("APPLIED", 442, 442, 0, 0), ("APPLIED", 442, 0, 0, 442))
    assert figures(changed) == ("APPLIED", 2, 1, 1, 0)
    assert [(error.row, error.column) for error in bad.errors] == [(2, "Tahun"), (3, "Predikat Kinerja")]
    page = (await analyst.get("/needs/performance", params={"year": 2025, "limit": 500})).json()
    seen = Counter((row["predicate"], row["result"]) for row in page)
    expected = Counter(
        (row["Predikat Kinerja"].upper().replace(" ", "_"), row["Hasil Kerja"].upper().replace(" ", "_"))
        for row in sheet("skp.xlsx", "Tahun")
        if row["NIP"].strip() != PERSON
    )
    assert seen == expected + Counter({("SANGAT_BAIK", None): 1})


async def test_gaps_are_signed_for_the_present_and_another_job(
    database: Database, house: House, analyst: httpx.AsyncClient
) -> None:
    await take_in(database, ASSESSMENTS, recap(assessed("012345111")))
    [report] = (await analyst.get("/needs/assessments")).json()
    person = UUID(report["employee_id"])
    positions = {each["position_class"]: each["id"] for each in (await analyst.get("/needs/positions")).json()}

    here = (await analyst.get(f"/needs/gaps/{person}")).json()
    above = (await analyst.get(f"/needs/gaps/{person}?target_position_id={positions['ADMINISTRATOR']}")).json()
    nowhere = await analyst.get(f"/needs/gaps/{person}?target_position_id={person}")

    assert {each["competency"]: each["gap"] for each in here["gaps"]} == dict(
        zip(CODES, [-1, 0, 1, 2, 3, 4, 0, 0, 0], strict=True)
    )
    assert {each["competency"]: each["gap"] for each in above["gaps"]} == dict(
        zip(CODES, [-3, -2, -1, 0, 1, 2, -2, -2, -2], strict=True)
    )
    assert (here["is_target"], above["is_target"], nowhere.status_code) == (False, True, 404)
    assert (here["match"]["capped"], here["match"]["uncapped"]) == ("88.88", "200.00")
    assert (here["match"]["mapping_band"]["code"], here["match"]["appointment_band"]["code"]) == ("CO", "MS")
    assert (here["match"]["gap_index"], here["match"]["gap_band"]["title"]) == ("11.11", "Rendah")
    # (0 + 1 + 2 + 3 + 3 + 3 + 1 + 1 + 1) of 27, and 18 of 27
    assert (above["match"]["capped"], above["match"]["uncapped"]) == ("55.55", "66.66")


async def test_contradiction_and_later_proof_are_shown_with_a_gap(
    database: Database, analyst: httpx.AsyncClient
) -> None:
    await take_in(database, ASSESSMENTS, recap(assessed("011111111")))
    [report] = (await analyst.get("/needs/assessments")).json()
    person = UUID(report["employee_id"])
    from_training = await assess(
        database, person, 1, kind=EvidenceKind.POST_TRAINING, on=date(2026, 5, 1), competency="INTEGRITAS"
    )
    lower = await assess(
        database, person, 0, kind=EvidenceKind.OBSERVATION, on=date(2026, 5, 1), competency="KERJA_SAMA"
    )

    gaps = {each["competency"]: each for each in (await analyst.get(f"/needs/gaps/{person}")).json()["gaps"]}

    assert (gaps["INTEGRITAS"]["gap"], gaps["INTEGRITAS"]["met_by"]["assessment_id"]) == (-1, str(from_training))
    assert (gaps["KERJA_SAMA"]["gap"], gaps["KERJA_SAMA"]["contradicted_by"]["assessment_id"]) == (0, str(lower))
    analysis = (await analyst.post("/needs/analyses", json={"cycle": 2027})).json()
    assert (analysis["people"], analysis["people_without_evidence"], analysis["needs_identified"]) == (500, 499, 0)


async def test_analysis_of_the_sample_finds_every_deficit_once(database: Database, analyst: httpx.AsyncClient) -> None:
    await take_in(database, STANDARDS, "standar-kompetensi.xlsx")
    await take_in(database, ASSESSMENTS, "rekap-asesmen.xlsx")

    analysis = (await analyst.post("/needs/analyses", json={"cycle": 2027})).json()

    asked = {row["Kelas Jabatan"]: row for row in sheet("standar-kompetensi.xlsx", "Integritas")}
    classes = {str(row["NIP"]).strip(): row["Kelas Jabatan"] for row in sheet("pegawai.xlsx", "NIP Atasan")}
    expected = Counter(
        (code, asked[classes[row["NIP"]]][title], row[title])
        for row in sheet("rekap-asesmen.xlsx", "Integritas")
        for code, title in zip(CODES, CORE, strict=True)
        if row[title] != "-" and row[title] < asked[classes[row["NIP"]]][title]
    )
    found = await everything(analyst, "/needs/needs")
    assert Counter((need["competency"], need["standard_level"], need["current_level"]) for need in found) == expected
    assert analysis["needs_identified"] == len(found) == sum(expected.values())
    assert (analysis["people"], analysis["people_without_evidence"]) == (500, 300)
