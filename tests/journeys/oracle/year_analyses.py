"""Which needs each analysis had to find: deficits of people on duty, by the evidence of that day (§2.5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from .comparison import Facts
from .evidence import Evidence, deciding
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
class Found:
    """A need as the product found it."""

    person: str
    competency: str
    cycle: int
    at: str
    position: str
    rejected: bool
    moved_at: str | None
    facts: Mapping[str, object]

    @classmethod
    def of(cls, need: Entry) -> "Found":
        moved = [step["taken_at"] for step in need["steps"] if step["reason"] == "POSITION_CHANGED"]
        return cls(
            person=need["employee_id"],
            competency=need["competency"],
            cycle=need["cycle"],
            at=need["steps"][0]["taken_at"],
            position=need["position_id"],
            rejected=need["status"] == "REJECTED",
            moved_at=moved[-1] if moved else None,
            facts={
                "level": need["current_level"],
                "required": need["standard_level"],
                "contradicted": need["contradicted"],
                "evidence": need["assessment_id"],
            },
        )

    @property
    def key(self) -> str:
        return f"{self.person} {self.competency} {self.cycle} found {self.at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody as of today, with the periods of legal status; earlier positions are not shown anywhere."""

    id: str
    unit: str
    position: str
    since: date
    periods: Sequence[Entry]
    found: Sequence[Found]
    known: Sequence[Report]

    def position_at(self, analysis: Analysis) -> str | None:
        """Today's position if it was held then, as far as can be seen."""
        moved_later = any(one.moved_at is not None and one.moved_at > analysis.at for one in self.found)
        return None if moved_later or self.since >= analysis.on else self.position

    def on_duty(self, analysis: Analysis) -> bool | None:
        """None where the status changed on that very day."""
        starts = [date.fromisoformat(period["starts_on"]) for period in self.periods]
        if len(starts) > 1 and analysis.on in starts[1:]:
            return None
        before = [period for period, start in zip(self.periods, starts, strict=True) if start <= analysis.on]
        return bool(before) and before[-1]["legal_status"] == ON_DUTY

    def evidence(self, competency: str, analysis: Analysis) -> list[Evidence]:
        at = datetime.fromisoformat(analysis.at)
        return evidence_of([report for report in self.known if report.recorded_at <= at], competency)

    def is_known(self, competency: str, analysis: Analysis) -> bool:
        """Whether the cycle has the need already; what was rejected stays so while the position is kept."""
        return any(
            one.competency == competency
            and one.cycle == analysis.cycle
            and one.at < analysis.at
            and not (one.rejected and one.position != self.position)
            for one in self.found
        )


def people(product: Product) -> Iterator[Person]:
    employees, known = product.employees(), reports(product)
    ids = [one["id"] for one in employees]
    shown = product.each("needs", [f"gaps/{id_}" for id_ in ids])
    statements = product.each("training", [f"learning-hours/{id_}" for id_ in ids], year=product.today().year)
    needs = product.each("needs", [f"needs/{need['id']}" for need in product.all("needs", "needs")])
    found: dict[str, list[Found]] = {}
    for one in map(Found.of, needs):
        found.setdefault(one.person, []).append(one)
    for employee, entry, statement in zip(employees, shown, statements, strict=True):
        yield Person(
            id=employee["id"],
            unit=employee["unit_code"],
            position=entry["position_id"],
            since=date.fromisoformat(employee["valid_from"]),
            periods=statement["periods"],
            found=found.get(employee["id"], ()),
            known=known.get(employee["id"], ()),
        )


def deficit(found: Sequence[Evidence], required: int, today: date, *, core: bool) -> dict[str, object] | None:
    """What an analysis says of a competency that falls short; None where nothing is needed."""
    decides, contradicted = deciding(found, today, core=core)
    if decides is None or decides.level >= required or met_by(found, decides, required, today) is not None:
        return None
    return {"level": decides.level, "required": required, "contradicted": contradicted, "evidence": decides.id}


def expected_of(person: Person, analysis: Analysis, asked: Asked) -> Iterator[tuple[str, Mapping[str, object]]]:
    """What this analysis had to find of this person."""
    found_then = {one.competency: one for one in person.found if one.at == analysis.at}
    position = person.position_at(analysis)
    if position is None:
        # Which position was held then is not shown: what was found must stand on the evidence of that day.
        for competency, one in found_then.items():
            core = competency in asked.core
            decides, contradicted = deciding(person.evidence(competency, analysis), analysis.on, core=core)
            if decides is not None:
                yield one.key, {"level": decides.level, "contradicted": contradicted, "evidence": decides.id}
        return
    on_duty = person.on_duty(analysis)
    if not (on_duty or (on_duty is None and found_then)):
        return
    for competency, required in asked.positions[position].items():
        core = competency in asked.core
        facts = deficit(person.evidence(competency, analysis), required, analysis.on, core=core)
        if facts is not None and not person.is_known(competency, analysis):
            yield f"{person.id} {competency} {analysis.cycle} found {analysis.at}", facts


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    asked = Asked.read(product)
    parents = {unit["code"]: unit["parent_code"] for unit in product.get("needs", "units")}
    entries = product.all("needs", "analyses")
    expected: dict[str, Mapping[str, object]] = {}
    seen: dict[str, Mapping[str, object]] = {}
    for person in people(product):
        seen |= {one.key: one.facts for one in person.found}
        for analysis in map(Analysis.of, entries):
            # Somebody may have come from another unit since: the needs found then tell.
            found_then = any(one.at == analysis.at for one in person.found)
            if found_then or is_within(person.unit, analysis.unit, parents):
                expected |= dict(expected_of(person, analysis, asked))
    yield "needs found", expected, seen
    counts = {entry["id"]: sum(key.endswith(f"found {entry['analysed_at']}") for key in expected) for entry in entries}
    yield (
        "analyses",
        {id_: {"needs_identified": count} for id_, count in counts.items()},
        {entry["id"]: {"needs_identified": entry["needs_identified"]} for entry in entries},
    )


def is_within(unit: str | None, whole: str | None, parents: Mapping[str, str | None]) -> bool:
    """Whether a unit is the whole or somewhere below it; None is the agency."""
    while unit is not None and unit != whole:
        unit = parents[unit]
    return whole is None or unit == whole
