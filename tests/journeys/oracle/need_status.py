"""The status of a need from the stream of decisions, and where a plan item goes (§2.6, last paragraph)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .evidence import Evidence, closes
from .learning_hours import SIASN

TRANSITIONS = {
    ("IDENTIFIED", "verify"): "VERIFIED",
    ("VERIFIED", "validate"): "VALIDATED",
    ("VALIDATED", "confirm_decree"): "PLANNED",
    # §2.6 does not say who may refuse when: the unit what is identified, BKPSDM what is verified.
    ("IDENTIFIED", "reject"): "REJECTED",
    ("VERIFIED", "reject"): "REJECTED",
    ("IDENTIFIED", "return"): "RETURNED",
    ("VERIFIED", "return"): "RETURNED",
    ("RETURNED", "submit"): "IDENTIFIED",
}
TO_MENTORING = (SIASN["C1"], SIASN["C2"])
HIGHEST_FORM = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision on one need; a decree is uploaded by one person and confirmed by another."""

    id: str
    kind: str
    at: datetime
    by: str = ""
    evidence: Evidence | None = None


@dataclass(slots=True)
class Need:
    required: int
    status: str = "IDENTIFIED"
    decree_by: str | None = None

    def take(self, decision: Decision) -> bool:
        """Apply one decision; False when it is refused and changes nothing."""
        if decision.kind == "upload_decree":
            self.decree_by = decision.by
            return self.status == "VALIDATED"
        if decision.kind == "measure":
            return self._measure(decision.evidence)
        if decision.kind == "confirm_decree" and self.decree_by in (None, decision.by):
            return False
        following = TRANSITIONS.get((self.status, decision.kind))
        self.status = following or self.status
        return following is not None

    def _measure(self, evidence: Evidence | None) -> bool:
        # The last paragraph leads to CLOSED from PLANNED alone.
        if evidence is None or self.status != "PLANNED" or not closes(evidence, self.required):
            return False
        self.status = "CLOSED"
        return True


def status(required: int, decisions: Iterable[Decision]) -> dict[str, object]:
    """Final status and the refused decisions; in order of time, each id once, whatever the order of arrival."""
    need = Need(required)
    once = {decision.id: decision for decision in decisions}
    in_time = sorted(once.values(), key=lambda decision: (decision.at, decision.id))
    refused = [decision.id for decision in in_time if not need.take(decision)]
    return {"status": need.status, "refused": refused}


def receiver(form: int) -> str:
    """Which service carries out a plan item: coaching and mentoring, and all the others."""
    if not 1 <= form <= HIGHEST_FORM:
        raise ValueError("the 25 forms of SIASN")
    return "mentoring" if form in TO_MENTORING else "training"


def expected(
    needs: dict[str, tuple[int, list[Decision]]], forms: dict[str, int]
) -> dict[str, dict[str, dict[str, object]]]:
    """`needs` by id with their status, `plan_items` of the fixed ones with the receiver of each form."""
    found = {key: status(required, decisions) for key, (required, decisions) in needs.items()}
    fixed = [key for key in forms if found[key]["status"] in ("PLANNED", "CLOSED")]
    return {
        "needs": found,
        "plan_items": {key: {"form": forms[key], "receiver": receiver(forms[key])} for key in fixed},
    }
