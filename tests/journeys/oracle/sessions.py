"""JP from confirmed coaching and mentoring sessions with their monthly caps (§2.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from .learning_hours import Line, ledger, local_day

FORMS = {"coaching": "C1", "mentoring": "C2"}
BOTH = frozenset({"mentor", "mentee"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session of a pair; `person` is the mentee or coachee, who alone earns JP."""

    key: str
    kind: str
    person: str
    start: datetime
    end: datetime
    confirmed_by: frozenset[str] = frozenset()
    taken_back: bool = False


def counts(session: Session) -> bool:
    """Both confirmed it and nobody took it back (a reversal leaves the place in the month to the next one)."""
    return session.confirmed_by >= BOTH and not session.taken_back


def as_line(session: Session) -> Line:
    # A session is told by its instants: two on one day are two times.
    return Line(
        key=session.key,
        person=session.person,
        form=FORMS[session.kind],
        start=session.start,
        end=session.end,
        title=session.key,
    )


def expected(
    sessions: Sequence[Session], zone: str, others: Sequence[Line] = ()
) -> dict[str, dict[str, dict[str, object]]]:
    """`sessions` by id and `months` by person, form and local month; lines of other sources share the same caps."""
    place = ZoneInfo(zone)
    confirmed = [session for session in sessions if counts(session)]
    earned = ledger([*map(as_line, confirmed), *others], place)
    by_session: dict[str, dict[str, object]] = {session.key: {"jp": 0} for session in sessions}
    months: dict[str, int] = {}
    for session in confirmed:
        jp = earned[session.key].jp
        by_session[session.key] = {"jp": jp}
        month = local_day(session.end, place).strftime("%Y-%m")
        key = f"{session.person} {FORMS[session.kind]} {month}"
        months[key] = months.get(key, 0) + jp
    return {"sessions": by_session, "months": {key: {"jp": jp} for key, jp in months.items()}}
