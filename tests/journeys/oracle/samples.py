"""The workbooks of one agency, held against everything that a product made of them before anybody decided anything."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from . import citizen_surveys, endpoints, gaps, learning_hours, year_surveys
from .comparison import Facts
from .learning_hours import DEFAULT_ZONE, Line
from .people import people
from .product import Entry, Product


def activities(lines: Sequence[Line], zone: ZoneInfo) -> dict[str, Facts]:
    """Lines as they are in the workbook: those that are alike in person, form and days stand together."""
    earned = learning_hours.ledger(lines, zone)
    alike: dict[str, list[list[str]]] = {}
    for line in lines:
        told = [line.title, line.provider, f"{line.claimed.normalize():f}", str(earned[line.key].jp)]
        alike.setdefault(f"{line.person} {line.form} {line.start} {line.end}", []).append(told)
    sums = learning_hours.statements(lines, zone)
    return {"activities": _sorted(alike), "hours by form": _jp(sums["forms"]), "hours by year": sums["totals"]}


def _sorted(alike: Mapping[str, list[list[str]]]) -> Facts:
    return {key: {"lines": sorted(told)} for key, told in alike.items()}


def _jp(forms: Facts) -> Facts:
    return {key: {"jp": fields["jp"]} for key, fields in forms.items()}


def shown_activities(product: Product, rows: Mapping[str, str], year: int) -> dict[str, Facts]:
    """Statements of a year in the words of the workbook; who has nothing in it is left out."""
    alike: dict[str, list[list[str]]] = {}
    forms: dict[str, dict[str, object]] = {}
    totals: dict[str, dict[str, object]] = {}
    for statement in product.each("training", [f"learning-hours/{id_}" for id_ in rows], year=year):
        row = rows[statement["employee_id"]]
        for activity in statement["activities"]:
            key = f"{row} {activity['form_code']} {activity['starts_on']} {activity['ends_on']}"
            alike.setdefault(key, []).append(_told(activity))
        for form, jp in statement["by_form"].items():
            forms[f"{row} {year} {form}"] = {"jp": jp}
        if statement["activities"]:
            sums = {"jp": "credited", "claimed": "claimed", "difference": "difference"}
            totals[f"{row} {year}"] = {name: statement[word] for name, word in sums.items()}
    return {"activities": _sorted(alike), "hours by form": forms, "hours by year": totals}


def _told(activity: Entry) -> list[str]:
    claimed = f"{activity['claimed_hours']:g}"
    return [activity["title"], activity["provider"], claimed, str(activity["credited_hours"])]


def compared(
    product: Product, samples: Path, cycle: int, zone: str = DEFAULT_ZONE
) -> Iterator[tuple[str, Facts, Facts]]:
    """Gaps, needs, performance, activities and citizen indices, by subject."""
    employees, today = samples / "pegawai.xlsx", product.today()
    rows = endpoints.rows_by_id(product, employees)
    expected: dict[str, Facts] = dict(
        gaps.expected(
            employees=employees,
            standard=samples / "standar-kompetensi.xlsx",
            assessment=samples / "rekap-asesmen.xlsx",
        )
    )
    seen: dict[str, Facts] = {**endpoints.gaps(product, rows), "needs": endpoints.needs(product, rows, cycle)}
    expected["performance"] = gaps.performance_gaps(employees=employees, performance=samples / "skp.xlsx")
    for year in {int(str(facts["year"])) for facts in expected["performance"].values()}:
        seen["performance"] = endpoints.performance(product, rows, year)
    keys = {number: person.key for number, person in people(employees).items()}
    lines = learning_hours.read_lines(samples / "kegiatan-20jp.xlsx", keys, today)
    expected |= activities(lines, ZoneInfo(zone))
    seen |= shown_activities(product, rows, today.year)
    expected |= year_surveys.expected(citizen_surveys.read(samples / "skm-triwulan.xlsx"))
    seen |= year_surveys.seen(product)
    for subject, facts in expected.items():
        yield subject, facts, seen[subject]
