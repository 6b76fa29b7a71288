"""What a running product shows of the people in a workbook, in the words and keys of the oracle.

Field names are those of the OpenAPI documents. Numbers of people are used to find their rows and stand in no result.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .gaps import NO_GAP
from .people import people
from .product import PAGE, Product

Facts = dict[str, dict[str, object]]
PREDICATES = {
    "SANGAT_BAIK": "Sangat Baik",
    "BAIK": "Baik",
    "BUTUH_PERBAIKAN": "Butuh Perbaikan",
    "KURANG": "Kurang",
    "SANGAT_KURANG": "Sangat Kurang",
}
MATCH_FIELDS = ("jpm", "jpm_uncapped", "band", "appointment_band", "ikk", "ikk_category")


def rows_by_id(product: Product, employees: Path) -> dict[str, str]:
    """The row in the employee workbook of each id; lists mask numbers, so each person is asked for alone."""
    known = people(employees)
    found = product.each("needs", [f"employees/{employee['id']}" for employee in product.employees()])
    return {one["id"]: known[one["employee_number"]].key for one in found if one["employee_number"] in known}


def titles(product: Product) -> dict[str, str]:
    """Competencies are codes in the product and titles in the workbooks."""
    return {one["code"]: one["title"] for one in product.get("needs", "competencies")}


def gaps(product: Product, rows: Mapping[str, str]) -> dict[str, Facts]:
    """`gaps` by row and competency, `people` by row for those with a report of an accredited centre."""
    found: dict[str, Facts] = {"gaps": {}, "people": {}}
    names = titles(product)
    everybody = product.each("needs", [f"gaps/{id_}" for id_ in rows])
    for row, seen in zip(rows.values(), everybody, strict=True):
        for gap in seen["gaps"]:
            key = f"{row} {names[gap['competency']]}"
            found["gaps"][key] = {"required": gap["standard"], "level": gap["level"], "gap": gap["gap"]}
        match = match_of(seen)
        if match is not None:
            found["people"][row] = match
    for assessment in product.all("needs", "assessments"):
        sender, person = assessment["sender"], rows.get(assessment["employee_id"], "")
        if sender is not None and person in found["people"]:
            # Without a figure of ours the product leaves open whether they agree; the oracle says no.
            found["people"][person] |= {"senders_jpm": sender["match"], "senders_jpm_agrees": sender["agrees"] is True}
    return found


def match_of(entry: Mapping[str, Any]) -> dict[str, object] | None:
    """The match of one person's gaps; None where no report can give one."""
    return _match(entry["match"]) if entry["match"] is not None or entry["match_incomplete"] else None


def _match(match: Mapping[str, Any] | None) -> dict[str, object]:
    if match is None:
        return {"complete": False, **dict.fromkeys(MATCH_FIELDS)}
    category = match["gap_band"]
    return {
        "complete": True,
        "jpm": match["capped"],
        "jpm_uncapped": match["uncapped"],
        "band": match["mapping_band"]["code"],
        "appointment_band": match["appointment_band"]["code"],
        "ikk": match["gap_index"],
        "ikk_category": NO_GAP if category is None else category["title"],
    }


def performance(product: Product, rows: Mapping[str, str], year: int) -> Facts:
    """Year and predicate of past performance by row."""
    found: Facts = {}
    after = None
    while results := product.get("needs", "performance", year=year, after=after, limit=PAGE):
        after = results[-1]["employee_id"]
        for result in results:
            row = rows[result["employee_id"]]
            found[row] = {
                "year": result["year"],
                "predicate": PREDICATES[result["predicate"]],
                "below_target": result["result"] == "DI_BAWAH_EKSPEKTASI",
            }
    return found


def needs(product: Product, rows: Mapping[str, str], cycle: int) -> Facts:
    """Needs by row and competency; the gap is that of the levels when the need was found."""
    names = titles(product)
    return {
        f"{rows[need['employee_id']]} {names[need['competency']]}": {
            "level": need["current_level"],
            "required": need["standard_level"],
            "gap": need["current_level"] - need["standard_level"],
            "status": need["status"],
        }
        for need in product.all("needs", "needs", cycle=cycle)
        if need["employee_id"] in rows
    }
