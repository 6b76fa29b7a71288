"""Which evidence decides a level, and which evidence may close a need (§2.5, §3.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

# Months valid. §2.5 leaves superior and observation to a setting of one to two years; post-training is 24 (§3.4).
VALID_MONTHS = {
    "assessment_center": 36,
    "test": 36,
    "challenge_test": 36,
    "superior": 24,
    "observation": 24,
    "post_training": 24,
}
SELF = "self"
# §2.5: same day, test before rating. It is silent on the rest: assessments before tests, re-measured before rated.
ON_ONE_DAY = ("observation", "superior", "post_training", "challenge_test", "test", "assessment_center")
CLOSING = ("assessment_center", "challenge_test", "post_training")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    kind: str
    level: int
    on: date
    accredited: bool = False
    passed: bool = True
    until: date | None = None
    id: str = ""


def months_later(day: date, months: int) -> date:
    """The same day some months later; where that month is shorter, its last day (§2.5 leaves 29 February open)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def is_valid(evidence: Evidence, today: date) -> bool:
    """Valid from its date up to, not including, the day its term ends; self-rating is never evidence that decides."""
    # §2.5: an assessment by a unit without accreditation has no three-year term; it counts as an observation would.
    kind = "observation" if evidence.kind == "assessment_center" and not evidence.accredited else evidence.kind
    if kind == SELF:
        return False
    return evidence.on <= today < (evidence.until or months_later(evidence.on, VALID_MONTHS[kind]))


def deciding(found: Sequence[Evidence], today: date, *, core: bool) -> tuple[Evidence | None, bool]:
    """The evidence that decides, and whether newer lower evidence contradicts it (bertentangan).

    Of what is equal in everything, what comes last in `found` decides.
    """
    valid = [one for one in reversed(found) if is_valid(one, today)]
    if not valid:
        return None, False
    # §2.5 is silent on two of a kind on one day: the lower level decides, which never closes a gap too early.
    newest = max(valid, key=lambda one: (one.on, ON_ONE_DAY.index(one.kind), one.accredited, -one.level))
    accredited = [one for one in valid if one.kind == "assessment_center" and one.accredited]
    if not core or not accredited:
        return newest, False
    decides = max(accredited, key=lambda one: (one.on, -one.level))
    return decides, any(one.on > decides.on and one.level < decides.level for one in valid)


def closes(evidence: Evidence, required: int) -> bool:
    """A need closes only by a re-measured level, an assessment centre or a passed challenge test that reaches it."""
    # §2.5 gives an assessment its rank when the unit is accredited; one by another unit closes no more than it decides.
    measured = evidence.kind in CLOSING and (evidence.accredited or evidence.kind != "assessment_center")
    return measured and evidence.passed and evidence.level >= required
