"""Gaps and JPM of everybody today: which evidence decides, what the position asks, what both make together (§2.5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from . import endpoints, gaps
from .comparison import Facts
from .evidence import Evidence, closes, deciding, is_valid, months_later
from .product import Entry, Product

# The product's words for kinds of evidence. Only the first is an assessment of an accredited unit.
KINDS = {
    "CENTRE": "assessment_center",
    "CENTRE_UNACCREDITED": "assessment_center",
    "TEST": "test",
    "CHALLENGE_TEST": "challenge_test",
    "POST_TRAINING": "post_training",
    "SUPERIOR": "superior",
    "OBSERVATION": "observation",
    "SELF": "self",
}
# §2.5 fixes these terms; for ratings it leaves one to two years to a setting, so the product's own term is taken there.
FIXED_MONTHS = {"CENTRE": 36, "TEST": 36, "CHALLENGE_TEST": 36, "POST_TRAINING": 24}
LEAST_MONTHS, MOST_MONTHS = 12, 24
# Target positions can be asked for one person at a time, so a few people stand for all.
EVERY = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One assessment: its levels by competency, and since when the product knows of it."""

    id: str
    kind: str
    on: date
    valid_until: date
    recorded_at: datetime
    levels: Mapping[str, int]

    @property
    def accredited(self) -> bool:
        return self.kind == "CENTRE"

    def of(self, competency: str) -> Evidence:
        return Evidence(
            kind=KINDS[self.kind],
            level=self.levels[competency],
            on=self.on,
            until=self.valid_until,
            accredited=self.accredited,
            id=self.id,
        )


def reports(product: Product) -> dict[str, list[Report]]:
    """Every assessment by person, in the order in which they were recorded."""
    found: dict[str, list[Report]] = {}
    entries = product.all("needs", "assessments")
    for entry in sorted(entries, key=lambda entry: (entry["recorded_at"], entry["id"])):
        report = Report(
            id=entry["id"],
            kind=entry["kind"],
            on=date.fromisoformat(entry["assessed_on"]),
            valid_until=date.fromisoformat(entry["valid_until"]),
            recorded_at=datetime.fromisoformat(entry["recorded_at"]),
            levels=entry["levels"],
        )
        found.setdefault(entry["employee_id"], []).append(report)
    return found


def evidence_of(known: Iterable[Report], competency: str) -> list[Evidence]:
    return [report.of(competency) for report in known if competency in report.levels]


def met_by(found: Sequence[Evidence], decides: Evidence, required: int, today: date) -> Evidence | None:
    """Newer evidence of a kind that closes a need: §3.4 closes by it, so the deficit it has met is no need (§2.5)."""
    # §2.5 lets an accredited assessment decide the level all the same; the two are shown side by side.
    if decides.level >= required:
        return None
    newer = [one for one in found if one.on > decides.on and is_valid(one, today)]
    meeting = [one for one in newer if closes(one, required)]
    return max(meeting, key=lambda one: one.on) if meeting else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What positions ask, and which competencies are the nine of the core."""

    positions: Mapping[str, Mapping[str, int]]
    core: frozenset[str]

    @classmethod
    def read(cls, product: Product) -> "Asked":
        return cls(
            positions={
                one["id"]: {level["competency"]: level["level"] for level in one["levels"]}
                for one in product.get("needs", "positions")
            },
            core=frozenset(one["code"] for one in product.get("needs", "competencies") if one["core"]),
        )


def one_gap(found: Sequence[Evidence], required: int, today: date, *, core: bool) -> dict[str, object]:
    """One line of a person's gaps."""
    decides, contradicted = deciding(found, today, core=core)
    if decides is None:
        return {"required": required, "level": None, "gap": None, "contradicted": False, "met": False}
    return {
        "required": required,
        "level": decides.level,
        "gap": decides.level - required,
        "contradicted": contradicted,
        "met": met_by(found, decides, required, today) is not None,
    }


def match(known: Iterable[Report], required: Mapping[str, int], names: Mapping[str, str], today: date) -> object:
    """JPM of the newest valid report of an accredited centre; None without one (§2.5: of one assessment report)."""
    valid = [report for report in known if report.accredited and report.on <= today < report.valid_until]
    if not valid:
        return None
    newest = max(valid, key=lambda report: (report.on, report.recorded_at))
    titled = {names[code]: level for code, level in newest.levels.items()}
    return gaps.match({names[code]: level for code, level in required.items()}, titled)


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    asked, known, names = Asked.read(product), reports(product), endpoints.titles(product)
    everybody = [employee["id"] for employee in product.employees()]
    shown = product.each("needs", [f"gaps/{id_}" for id_ in everybody])
    expected: dict[str, dict[str, dict[str, object]]] = {"gaps": {}, "matches": {}}
    seen: dict[str, dict[str, dict[str, object]]] = {"gaps": {}, "matches": {}}
    for entry in shown:
        id_, today = entry["employee_id"], date.fromisoformat(entry["on"])
        required, own = asked.positions[entry["position_id"]], known.get(entry["employee_id"], [])
        for competency, level in required.items():
            found = evidence_of(own, competency)
            expected["gaps"][f"{id_} {competency}"] = one_gap(found, level, today, core=competency in asked.core)
        seen["gaps"] |= {f"{id_} {gap['competency']}": _seen_gap(gap) for gap in entry["gaps"]}
        expected["matches"][id_] = {"match": match(own, required, names, today)}
        seen["matches"][id_] = {"match": endpoints.match_of(entry)}
    for subject, facts in expected.items():
        yield subject, facts, seen[subject]
    yield "gaps for another position", *target_gaps(product, asked, known)
    yield "terms of evidence", _terms(known), _seen_terms(known)


def target_gaps(product: Product, asked: Asked, known: Mapping[str, Sequence[Report]]) -> tuple[Facts, Facts]:
    """Gaps of a few people for a position that they do not hold: the future one of Pasal 206 (§2.2)."""
    expected: dict[str, dict[str, object]] = {}
    seen: dict[str, dict[str, object]] = {}
    targets = sorted(asked.positions)
    for number, person in enumerate(sorted(employee["id"] for employee in product.employees())[::EVERY]):
        target = targets[number % len(targets)]
        entry = product.get("needs", f"gaps/{person}", target_position_id=target)
        today, own = date.fromisoformat(entry["on"]), known.get(person, [])
        for competency, level in asked.positions[target].items():
            found = evidence_of(own, competency)
            expected[f"{person} {competency}"] = one_gap(found, level, today, core=competency in asked.core)
        seen |= {f"{person} {gap['competency']}": _seen_gap(gap) for gap in entry["gaps"]}
    return expected, seen


def _seen_gap(gap: Entry) -> dict[str, object]:
    return {
        "required": gap["standard"],
        "level": gap["level"],
        "gap": gap["gap"],
        "contradicted": gap["contradicted_by"] is not None,
        "met": gap["met_by"] is not None,
    }


def _terms(known: Mapping[str, Sequence[Report]]) -> Facts:
    return {
        report.id: {
            "valid_until": months_later(report.on, FIXED_MONTHS[report.kind]) if report.kind in FIXED_MONTHS else "free"
        }
        for own in known.values()
        for report in own
    }


def _seen_terms(known: Mapping[str, Sequence[Report]]) -> Facts:
    return {report.id: {"valid_until": _seen_term(report)} for own in known.values() for report in own}


def _seen_term(report: Report) -> object:
    least, most = (months_later(report.on, months) for months in (LEAST_MONTHS, MOST_MONTHS))
    free = report.kind not in FIXED_MONTHS and least <= report.valid_until <= most
    return "free" if free else report.valid_until
