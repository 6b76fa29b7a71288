"""Who completed a class by its rule, from attendance and scores (§2.4, §3.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

ATTENDANCE, POST_TEST = "ATTENDANCE", "POST_TEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a class asks of who completes it."""

    session_hours: Sequence[int]
    minimum_percent: int
    post_test_required: bool


def attended(rule: Rule, presence: Mapping[str, bool]) -> Fraction:
    """Percent of the learning hours of all sessions; a session that nobody noted was not attended."""
    # Neither paragraph says whether sessions or their hours are counted; JP are hours, so hours are.
    there = sum(hours for number, hours in enumerate(rule.session_hours, start=1) if presence.get(str(number)))
    return Fraction(100 * there, sum(rule.session_hours))


def missed(rule: Rule, presence: Mapping[str, bool], post: int | None) -> str | None:
    """What was not met, attendance before the test; None where the class was completed."""
    if attended(rule, presence) < rule.minimum_percent:
        return ATTENDANCE
    # A test that is asked for must be taken; whether it was passed is for level 2 to say (§3.4).
    return POST_TEST if rule.post_test_required and post is None else None
