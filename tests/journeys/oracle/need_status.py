"""The status of a need from the stream of decisions, and where a plan item goes (§2.6, last paragraph)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from .evidence import Evidence, closes
from .learning_hours import SIASN

OPEN = ("IDENTIFIED", "VERIFIED", "VALIDATED", "PLANNED", "RETURNED")
TRANSITIONS = {
    ("IDENTIFIED", "verify"): "VERIFIED",
    ("VERIFIED", "validate"): "VALIDATED",
    ("VALIDATED", "confirm_decree"): "PLANNED",
    ("RETURNED", "submit"): "IDENTIFIED",
    # §2.6 does not say who looks again at what was returned: the unit, which verifies it anew.
    ("RETURNED", "verify"): "VERIFIED",
    # §2.6 names no way back from the plan: without its item the need is validated still.
    ("PLANNED", "withdraw"): "VALIDATED",
    # §2.6 does not say who may refuse when: anybody whose turn it is until the plan is fixed; returned is what has
    # been verified, since before that nobody has sent it anywhere.
    **{(stage, "reject"): "REJECTED" for stage in ("IDENTIFIED", "VERIFIED", "VALIDATED", "RETURNED")},
    **{(stage, "return"): "RETURNED" for stage in ("VERIFIED", "VALIDATED")},
    # §2.6 is silent on changes of people. Who moves keeps what is fixed, as long as the new position asks for it; who
    # is away gives it back; who left has no needs any more.
    **{(stage, "changed"): "RETURNED" for stage in ("VERIFIED", "VALIDATED")},
    **{(stage, "away"): "RETURNED" for stage in ("VERIFIED", "VALIDATED", "PLANNED")},
    **{(stage, kind): "REJECTED" for stage in OPEN for kind in ("left", "not_asked")},
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
    required: int = 0


@dataclass(slots=True)
class Need:
    required: int
    found_on: date | None = None
    status: str = "IDENTIFIED"
    decree_by: str | None = None
    closed_by: Evidence | None = None

    def take(self, decision: Decision) -> bool:
        """Apply one decision; False when it is refused and changes nothing."""
        if decision.kind == "upload_decree":
            self.decree_by = decision.by
            return self.status == "VALIDATED"
        if decision.kind == "measure":
            return self._measure(decision.evidence)
        if decision.kind == "standard":
            self.required = decision.required
            return True
        if decision.kind == "confirm_decree" and self.decree_by in (None, decision.by):
            return False
        following = TRANSITIONS.get((self.status, decision.kind))
        self.status = following or self.status
        return following is not None

    def _measure(self, evidence: Evidence | None) -> bool:
        # The last paragraph leads to CLOSED from PLANNED; §3.4 lets what was measured since the need was found close it
        # at whatever stage it stands ("passing closes the gap").
        since = evidence is not None and (self.found_on is None or evidence.on >= self.found_on)
        if evidence is None or not since or self.status not in OPEN or not closes(evidence, self.required):
            return False
        self.status, self.closed_by = "CLOSED", evidence
        return True


def in_time(decisions: Iterable[Decision]) -> list[Decision]:
    """In order of time, each id once, whatever the order of arrival."""
    once = {decision.id: decision for decision in decisions}
    return sorted(once.values(), key=lambda decision: (decision.at, decision.id))


def status(required: int, decisions: Iterable[Decision]) -> dict[str, object]:
    """Final status and the refused decisions."""
    need = Need(required)
    refused = [decision.id for decision in in_time(decisions) if not need.take(decision)]
    return {"status": need.status, "refused": refused}


def stages(need: Need, decisions: Iterable[Decision]) -> list[str]:
    """Every stage that the need goes through."""
    passed = [need.status]
    for decision in in_time(decisions):
        before = need.status
        need.take(decision)
        if need.status != before:
            passed.append(need.status)
    return passed


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
