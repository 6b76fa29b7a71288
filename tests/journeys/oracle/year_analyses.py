"""Which needs each analysis had to find: deficits of people on duty, by the evidence of that day (§2.5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from .comparison import Facts
from .evidence import deciding
from .product import Entry, Product
from .year_gaps import Asked, Report, evidence_of, met_by, reports

ON_DUTY = "01"


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    cycle: int
    unit: str | None
    on: date
    at: str

    @classmethod
    def of(cls, entry: Entry) -> "Analysis":
        day = date.fromisoformat(entry["analysed_on"])
        return cls(cycle=entry["cycle"], unit=entry["unit_code"], on=day, at=entry["analysed_at"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """People and what they are measured by; positions are those of today."""

    people: Sequence[Entry]
    positions: Mapping[str, str]
    parents: Mapping[str, str | None]
    asked: Asked
    known: Mapping[str, Sequence[Report]]

    @classmethod
    def read(cls, product: Product) -> "Agency":
        people = product.employees()
        shown = product.each("needs", [f"gaps/{one['id']}" for one in people])
        return cls(
            people=people,
            positions={entry["employee_id"]: entry["position_id"] for entry in shown},
            parents={unit["code"]: unit["parent_code"] for unit in product.get("needs", "units")},
            asked=Asked.read(product),
            known=reports(product),
        )

    def is_within(self, unit: str | None, whole: str | None) -> bool:
        while unit is not None and unit != whole:
            unit = self.parents[unit]
        return unit == whole

    def deficits(self, person: str, position: str, analysis: Analysis) -> Iterator[tuple[str, dict[str, object]]]:
        """Competencies in which the evidence known at that time fell short of what the position asked."""
        at = datetime.fromisoformat(analysis.at)
        then = [report for report in self.known.get(person, ()) if report.recorded_at <= at]
        for competency, required in self.asked.positions[position].items():
            found = evidence_of(then, competency)
            decides, contradicted = deciding(found, analysis.on, core=competency in self.asked.core)
            if decides is None or decides.level >= required:
                continue
            if met_by(found, decides, required, analysis.on) is None:
                facts = {"level": decides.level, "required": required, "contradicted": contradicted}
                yield competency, facts | {"evidence": decides.id}


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    agency = Agency.read(product)
    entries = sorted(product.all("needs", "analyses"), key=lambda entry: str(entry["analysed_at"]))
    needs = product.all("needs", "needs")
    first_steps = product.each("needs", [f"needs/{need['id']}" for need in needs])
    seen = {_key(need): _seen(need, detail) for need, detail in zip(needs, first_steps, strict=True)}
    expected: dict[str, dict[str, object]] = {}
    positions = {_at(need, detail): need["position_id"] for need, detail in zip(needs, first_steps, strict=True)}
    for analysis in map(Analysis.of, entries):
        for person in agency.people:
            position = positions.get((person["id"], analysis.at))
            if position is None and not _was_there(person, analysis, agency):
                continue
            for competency, facts in agency.deficits(
                person["id"], position or agency.positions[person["id"]], analysis
            ):
                key = f"{person['id']} {competency} {analysis.cycle}"
                expected.setdefault(key, facts | {"at": analysis.at})
    yield "needs", expected, seen


def _was_there(person: Entry, analysis: Analysis, agency: Agency) -> bool:
    """On duty in a unit of the analysis, as far as today's state tells: who changed since is known by their needs."""
    same = date.fromisoformat(person["valid_from"]) <= analysis.on and person["legal_status"] == ON_DUTY
    return same and (analysis.unit is None or agency.is_within(person["unit_code"], analysis.unit))


def _key(need: Entry) -> str:
    return f"{need['employee_id']} {need['competency']} {need['cycle']}"


def _at(need: Entry, detail: Entry) -> tuple[str, str]:
    return need["employee_id"], detail["steps"][0]["taken_at"]


def _seen(need: Entry, detail: Entry) -> dict[str, object]:
    return {
        "level": need["current_level"],
        "required": need["standard_level"],
        "contradicted": need["contradicted"],
        "evidence": need["assessment_id"],
        "at": detail["steps"][0]["taken_at"],
    }
