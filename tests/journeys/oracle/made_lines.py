"""Made-up lines of activity that reach every cap: the sample workbook has no line over one (random, by seed)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from .learning_hours import TABLE, Line
from .sessions import BOTH, Session


def lines(seed: int, people: int = 5, count: int = 200) -> list[Line]:
    """Overlapping, doubled, late and foreign activities of a few people around one turn of the year."""
    chance = Random(seed)
    found = []
    for number in range(count):
        start = date(2025, 12, 1) + timedelta(days=chance.randrange(90))
        found.append(
            Line(
                key=f"line {number}",
                person=f"row {chance.randrange(people)}",
                form=chance.choice(list(TABLE)),
                start=start,
                end=start + timedelta(days=chance.randrange(6)),
                claimed=Decimal(chance.randrange(1, 60)) / 2,
                abroad=chance.random() < 0.3,
                title=chance.choice("ABCDEFGH"),
            )
        )
    return found


def sessions(seed: int, people: int = 3, count: int = 40) -> list[Session]:
    """Sessions of a few people in two months, some near local midnight, some confirmed by one side only."""
    chance = Random(seed)
    found = []
    for number in range(count):
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * chance.randrange(59 * 48))
        found.append(
            Session(
                key=f"session {number}",
                kind=chance.choice(("coaching", "mentoring")),
                person=f"row {chance.randrange(people)}",
                start=start,
                end=start + timedelta(hours=1),
                confirmed_by=chance.choice((BOTH, BOTH, frozenset({"mentor"}))),
                taken_back=chance.random() < 0.1,
            )
        )
    return found
