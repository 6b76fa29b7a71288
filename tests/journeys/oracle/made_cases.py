"""Made-up cases whose facts reach every rule of follow-ups: a driver acts them out, the oracle says what must come."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from .behaviour import Form
from .journeys import Fact, expected

COMPETENCY = "Komunikasi"
REQUIRED = 3
BEGIN = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
FIXED = (("verify", "unit"), ("validate", "bkpsdm"), ("upload_decree", "analyst"), ("confirm_decree", "colleague"))
WEAK, GOOD = (3, 2, 2, 3), (4, 4, 3, 3)


def form(role: str, values: tuple[int, ...], level: int | None = None, cause: str | None = None) -> Form:
    behaviours = {f"behaviour {number}": value for number, value in enumerate(values, start=1)}
    return Form(role=role, behaviours=behaviours, cause=cause, levels={} if level is None else {COMPETENCY: level})


def superior(values: tuple[int, ...], level: int, cause: str | None = None) -> tuple[Form, ...]:
    """The person's own form says the best of everything and must count for nothing."""
    return form("superior", values, level, cause), form("self", (4, 4, 4, 4), 5, "no_support")


def planned(*later: tuple[int, Fact]) -> list[Fact]:
    """The four decisions that fix a need, one a week, then facts by the day after the beginning."""
    first = [Fact(kind=kind, at=BEGIN + timedelta(weeks=n), by=by) for n, (kind, by) in enumerate(FIXED, start=1)]
    return first + [_at(day, fact) for day, fact in later]


def _at(day: int, fact: Fact) -> Fact:
    moment = BEGIN + timedelta(days=day)
    return Fact(kind=fact.kind, at=moment, by=fact.by, pre=fact.pre, post=fact.post, forms=fact.forms)


def tested(pre: int, post: int) -> Fact:
    return Fact(kind="completed", at=BEGIN, pre=Decimal(pre), post=Decimal(post))


def answered(*forms: Form) -> Fact:
    return Fact(kind="answered", at=BEGIN, forms=forms)


def carried_out(day: int, work: Fact) -> list[tuple[int, Fact]]:
    """A follow-up confirmed by a person, accepted by its receiver a week later, and the work done after another."""
    return [
        (day, Fact(kind="follow_up_confirmed", at=BEGIN)),
        (day + 7, Fact(kind="follow_up_accepted", at=BEGIN)),
        (day + 14, work),
    ]


def cases() -> dict[str, list[Fact]]:
    """Facts by the id of the case; the name says which rule it reaches."""
    trained, weak = (60, tested(40, 80)), superior(WEAK, 2)
    good = superior(GOOD, 3)
    pair = (form("peer", (4, 4, 4, 4), 2), form("subordinate", (4, 4, 4, 4), 2))
    third = form("peer", (4, 4, 4, 4), 2)
    mentored = Fact(kind="mentoring_closed", at=BEGIN)
    unmastered = superior(WEAK, 2, "not_mastered")
    unsupported = superior(WEAK, 2, "no_support")
    first_round = [*carried_out(160, mentored), (280, answered(*unmastered))]
    second_round = [*carried_out(290, tested(50, 75)), (400, answered(*unmastered))]
    return {
        "closed-at-once": planned(trained, (150, answered(*good))),
        "passed-narrowly": planned((60, tested(60, 72)), (150, answered(*good))),
        "remedial": planned((60, tested(40, 65)), *carried_out(70, tested(65, 80)), (180, answered(*good))),
        "coached-then-closed": planned(
            trained, (150, answered(*weak)), *carried_out(160, mentored), (280, answered(*good))
        ),
        "escalated": planned(trained, (150, answered(*unmastered)), *first_round, *second_round),
        "environment-before-gap": planned(trained, (70, mentored), (150, answered(*unsupported))),
        "gap-after-both": planned(trained, (70, mentored), (150, answered(*superior(GOOD, 2)))),
        "two-others-do-not-count": planned(trained, (150, answered(*weak, *pair))),
        "three-others-count": planned(trained, (150, answered(*weak, *pair, third))),
        "worst-of-superior": planned(trained, (150, answered(*superior((4, 4, 4, 1), 2)))),
        "exactly-weak-edge": planned(trained, (150, answered(*superior((3, 3, 3, 2, 2), 3)))),
        "rerouted": planned((60, tested(40, 65)), (150, answered(*weak))),
        "retested-in-vain": planned(
            (60, tested(40, 65)),
            *carried_out(70, tested(65, 66)),
            *carried_out(90, tested(66, 69)),
        ),
        "task-of-superior": planned(
            trained,
            (150, answered(*unsupported)),
            *carried_out(160, Fact(kind="follow_up_done", at=BEGIN)),
            (280, answered(*good)),
        ),
        "unanswered": planned(trained, (150, answered(form("self", GOOD, 5), *pair, third))),
    }


def all_expected(zone: str) -> dict[str, dict[str, dict[str, object]]]:
    """`need`, `follow_ups` and `steps` of all the cases together."""
    together: dict[str, dict[str, dict[str, object]]] = {"need": {}, "follow_ups": {}, "steps": {}}
    for key, facts in cases().items():
        found = expected(key=key, competency=COMPETENCY, required=REQUIRED, facts=facts, zone=zone, identified=BEGIN)
        for subject, entries in found.items():
            together[subject] |= entries
    return together
