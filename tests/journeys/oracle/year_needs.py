"""Needs of a year: found by analyses, brought on by decisions, closed by evidence; their plan items and receivers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from .comparison import Facts
from .need_status import Decision, Need, receiver, stages
from .product import Entry, Product
from .year_gaps import Report, evidence_of, reports

# What became of a person is told as a reason; the rest of the reasons are given by people.
CHANGES = {
    ("RETURNED", "POSITION_CHANGED"): "changed",
    ("REJECTED", "POSITION_CHANGED"): "not_asked",
    ("RETURNED", "UNIT_CHANGED"): "changed",
    ("RETURNED", "EMPLOYEE_AWAY"): "away",
    ("REJECTED", "EMPLOYEE_LEFT"): "left",
}
NO_NEED: Entry = {"employee_id": None, "competency": None, "status": None}
ENDED = ("CLOSED", "REJECTED")
DAY = len("2026-01-31")
BY_PEOPLE = ("MISTAKE", "NO_BUDGET", "OTHER_FORM", "NOT_RELEVANT")
DECIDED = {"VERIFIED": "verify", "VALIDATED": "validate", "REJECTED": "reject", "RETURNED": "return"}


@dataclass(slots=True, kw_only=True)
class Plan:
    """Plan items of each need, and the decrees that fixed them."""

    items: dict[str, list[Entry]] = field(default_factory=dict)
    decrees: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def read(cls, product: Product) -> "Plan":
        plan = cls(decrees={one["id"]: one for one in product.all("needs", "decrees")})
        for item in product.all("needs", "plan-items"):
            plan.items.setdefault(item["need_id"], []).append(item)
        return plan

    def confirmed(self, item: Entry) -> Entry | None:
        """The decree of the item, if two different people brought it into force while the item was still wanted."""
        decree = self.decrees.get(item["decree_id"] or "")
        if decree is None or decree["status"] != "CONFIRMED" or decree["entered_by"] == decree["concluded_by"]:
            return None
        too_late = item["status"] == "WITHDRAWN" and item["changed_at"] < decree["concluded_at"]
        return None if too_late else decree

    def withdrawn_at(self, item: Entry) -> str | None:
        """When a fixed item was taken back by somebody."""
        decree = self.confirmed(item)
        taken_back = item["status"] == "WITHDRAWN" and item["reason"] in BY_PEOPLE
        return item["changed_at"] if taken_back and decree and item["changed_at"] > decree["concluded_at"] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards:
    """The level that each need asked for when it was found, and those that moves of the person made of it."""

    found: dict[str, int]
    moved: dict[str, list[tuple[datetime, int]]]

    @classmethod
    def read(cls, product: Product, needs: Iterable[Entry]) -> "Standards":
        found, moved = {}, {}
        for journey in product.each("evaluation", [f"journeys/{need['id']}" for need in needs]):
            id_ = journey["need"]["id"]
            told: dict[str, list[tuple[datetime, int]]] = {"need_identified": [], "need_standard_changed": []}
            for step in journey["steps"]:
                if (name := step["type"].split(".")[-2]) in told:
                    told[name].append((datetime.fromisoformat(step["at"]), step["facts"]["standard_level"]))
            found[id_], moved[id_] = told["need_identified"][0][1], told["need_standard_changed"]
        return cls(found=found, moved=moved)


def decisions(need: Entry, plan: Plan, known: Iterable[Report], standards: Standards) -> Iterator[Decision]:
    """What people decided about one need, what its position asked, and what was measured since."""
    items = plan.items.get(need["id"], [])
    for moved_at, level in standards.moved[need["id"]]:
        yield Decision(id=f"standard {moved_at}", kind="standard", at=moved_at, required=level)
    withdrawn = {at for item in items if (at := plan.withdrawn_at(item))}
    for number, step in enumerate(need["steps"]):
        kind = CHANGES.get((step["status"], step["reason"])) or DECIDED.get(step["status"])
        if kind is not None and step["taken_at"] not in withdrawn:
            yield Decision(id=f"step {number:03}", kind=kind, at=datetime.fromisoformat(step["taken_at"]))
    for item in items:
        decree = plan.confirmed(item)
        if decree is not None:
            yield _decreed(item, "upload_decree", decree["entered_at"], decree["entered_by"])
            yield _decreed(item, "confirm_decree", decree["concluded_at"], decree["concluded_by"])
    for at in withdrawn:
        yield Decision(id=f"withdrawn {at}", kind="withdraw", at=datetime.fromisoformat(at))
    found_at = datetime.fromisoformat(need["steps"][0]["taken_at"])
    for report in (report for report in known if report.recorded_at > found_at):
        for evidence in evidence_of([report], need["competency"]):
            yield Decision(id=report.id, kind="measure", at=report.recorded_at, evidence=evidence)


def _decreed(item: Entry, kind: str, at: str, by: str) -> Decision:
    return Decision(id=f"{item['id']} {kind}", kind=kind, at=datetime.fromisoformat(at), by=by)


def stage_facts(
    needs: Sequence[Entry], plan: Plan, known: Mapping[str, Sequence[Report]], standards: Standards
) -> tuple[Facts, Facts]:
    """Every stage of each need, and what closed it."""
    expected, seen = {}, {}
    for need in needs:
        decided = decisions(need, plan, known.get(need["employee_id"], ()), standards)
        ended = Need(standards.found[need["id"]], date.fromisoformat(need["identified_on"]))
        passed = stages(ended, decided)
        closing = ended.closed_by
        expected[need["id"]] = {
            "stages": passed,
            "status": ended.status,
            "closed_by": closing and closing.id,
            "closing_level": closing and closing.level,
            "standard_level": ended.required,
        }
        seen[need["id"]] = {
            "stages": [step["status"] for step in need["steps"]],
            "status": need["status"],
            "closed_by": need["closing_assessment_id"],
            "closing_level": need["closing_level"],
            "standard_level": need["standard_level"],
        }
    return expected, seen


def review_facts(product: Product, needs: Sequence[Entry]) -> tuple[Facts, Facts]:
    """Needs to be looked at again, because help in two rounds did not do it (§3.4: escalated)."""
    escalated: dict[str, tuple[str, str]] = {}
    for one in product.all("evaluation", "follow-ups"):
        if one["status"] == "ESCALATED":
            for need_id in one["need_ids"]:
                escalated[need_id] = max(escalated.get(need_id, ("", "")), (one["closed_at"], one["id"]))
    expected, seen = {}, {}
    for need in needs:
        at, follow_up = escalated.get(need["id"], ("", None))
        ended = need["steps"][-1]["taken_at"] if need["status"] in ENDED else None
        if ended is not None and ended[:DAY] == at[:DAY]:
            # Of two events of one moment either may reach needs first.
            continue
        expected[need["id"]] = {"review": follow_up if ended is None or ended > at else None}
        seen[need["id"]] = {"review": need["review_follow_up_id"]}
    return expected, seen


def item_status(item: Entry, plan: Plan, need: Entry) -> str:
    """Where an item stands by its decree and its need; that it was withdrawn is somebody's decision."""
    decree = plan.decrees.get(item["decree_id"] or "")
    if item["status"] == "WITHDRAWN":
        return "WITHDRAWN"
    if decree is None or decree["status"] == "CANCELLED":
        return "PROPOSED"
    if plan.confirmed(item) is None:
        return "SUBMITTED"
    # §2.6 names no end of an item: it serves its need and is done when that is closed.
    return "DONE" if need["status"] == "CLOSED" else "APPROVED"


def measured_facts(product: Product, known: Mapping[str, Sequence[Report]]) -> tuple[Facts, Facts]:
    """Levels that reviews of behaviour re-measured, and the evidence that needs has of them (§3.4)."""
    closed = [f"reviews/{one['id']}" for one in product.all("evaluation", "reviews") if one["status"] == "CLOSED"]
    expected: dict[str, list[str]] = {}
    for review in product.each("evaluation", closed):
        if review["level"] is not None:
            expected.setdefault(review["employee_id"], []).append(f"{review['competency']} {review['level']}")
    seen = {
        person: [f"{competency} {level}" for report in own for competency, level in report.levels.items()]
        for person, reports_of in known.items()
        if (own := [report for report in reports_of if report.kind == "POST_TRAINING"])
    }
    return (
        {person: {"measured": sorted(levels)} for person, levels in expected.items()},
        {person: {"measured": sorted(levels)} for person, levels in seen.items()},
    )


def was_told(product: Product, item: Entry) -> bool:
    """Whether the approval was told before the item was withdrawn: within one moment the clock does not say."""
    steps = product.get("evaluation", f"journeys/{item['need_id']}")["steps"]
    return any(
        step["type"].endswith(".plan_item_approved.v1") and step["facts"].get("plan_item_id") == item["id"]
        for step in steps
    )


def item_facts(product: Product, plan: Plan, needs: Mapping[str, Entry]) -> tuple[Facts, Facts]:
    """Fixed items with the one service that took each up, and in which form."""
    taken: dict[str, list[str]] = {}
    for request in product.all("mentoring", "requests"):
        if request["plan_item_id"] is not None:
            taken.setdefault(request["plan_item_id"], []).append(f"mentoring {request['form']}")
    demanded = {
        (need_id, demand["form"])
        for demand in product.all("training", "demands")
        if demand["origin"] == "PLAN_ITEM"
        for need_id in demand["need_ids"]
    }
    expected, seen = {}, {}
    for item in (item for items in plan.items.values() for item in items):
        need = needs.get(item["need_id"], NO_NEED)
        in_force = plan.confirmed(item) is not None and (item["status"] != "WITHDRAWN" or was_told(product, item))
        by_training = in_force and (item["need_id"], item["form"]) in demanded
        expected[item["id"]] = {
            "status": item_status(item, plan, need),
            "receivers": [f"{receiver(item['form'])} {item['form']}"] if in_force else [],
            "employee": need["employee_id"],
            "competency": need["competency"],
        }
        seen[item["id"]] = {
            "status": item["status"],
            "receivers": taken.get(item["id"], []) + ([f"training {item['form']}"] if by_training else []),
            "employee": item["employee_id"],
            "competency": item["competency"],
        }
    return expected, seen


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    listed = product.all("needs", "needs")
    needs = product.each("needs", [f"needs/{need['id']}" for need in listed])
    plan, known = Plan.read(product), reports(product)
    yield "need stages", *stage_facts(needs, plan, known, Standards.read(product, needs))
    yield "re-measured levels", *measured_facts(product, known)
    yield "needs to review", *review_facts(product, needs)
    yield "plan items", *item_facts(product, plan, {need["id"]: need for need in needs})
