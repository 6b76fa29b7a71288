"""Completions, certificates, JP and targets of everybody, from attendance, sessions and imported activities (§2.4)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import floor
from zoneinfo import ZoneInfo

from . import completions, learning_hours, targets
from .comparison import Facts
from .learning_hours import DEFAULT_ZONE, SIASN, TABLE, Credit, Line
from .product import Entry, Product

CODES = {number: code for code, number in SIASN.items()}
ABROAD = "INTERNATIONAL"
NO_RULE = "no rule"
LIMITS = {"monthly cap": "MONTH", NO_RULE: "NO_RULE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """One seat: the class, the enrolment with its scores, the presence and the certificate."""

    held: Entry
    seat: Entry
    participant: Entry

    @property
    def rule(self) -> completions.Rule:
        return completions.Rule(
            session_hours=self.held["session_hours"],
            minimum_percent=self.held["minimum_attendance_percent"],
            post_test_required=self.held["post_test_required"],
        )

    @property
    def missed(self) -> str | None:
        return completions.missed(self.rule, self.participant["presence"], self.seat["post_score"])

    @property
    def percent(self) -> int:
        return floor(completions.attended(self.rule, self.participant["presence"]))

    @property
    def line(self) -> Line:
        return Line(
            key=self.seat["id"],
            person=self.seat["employee_id"],
            form=CODES.get(self.held["form"], NO_RULE),
            start=date.fromisoformat(self.held["start_date"]),
            end=date.fromisoformat(self.held["end_date"]),
            claimed=Decimal(self.held["learning_hours"]),
            abroad=self.held["scope"] == ABROAD,
            title=self.held["id"],
        )


def seats(product: Product) -> list[Taught]:
    """Every seat in a class that is over and was not given up."""
    over = [held for held in product.all("training", "classes") if held["status"] == "CLOSED"]
    lists = product.each("training", [f"classes/{held['id']}/enrolments" for held in over])
    return [
        Taught(held=held, seat=participant["enrolment"], participant=participant)
        for held, participants in zip(over, lists, strict=True)
        for participant in participants
        if participant["enrolment"]["status"] != "CANCELLED"
    ]


def completion_facts(taken: Iterable[Taught]) -> tuple[Facts, Facts]:
    """Who completed, what the others missed, and a certificate for the ones and not for the others."""
    expected, seen = {}, {}
    numbers: set[str] = set()
    for one in taken:
        completed = one.missed is None
        expected[one.seat["id"]] = {
            "status": "COMPLETED" if completed else "NOT_COMPLETED",
            "missed": one.missed,
            "percent": one.percent,
            "certificate": "own number" if completed else None,
        }
        number = one.participant["certificate_number"]
        seen[one.seat["id"]] = {
            "status": one.seat["status"],
            "missed": one.seat["missed"],
            "percent": one.seat["attendance_percent"],
            "certificate": number and ("a number twice" if number in numbers else "own number"),
        }
        numbers.add(number)
    return expected, seen


def session_lines(product: Product, zone: ZoneInfo) -> Iterator[Line]:
    """Sessions that both sides confirmed; the mentee alone earns."""
    forms = {pair["id"]: CODES[pair["form"]] for pair in product.all("mentoring", "pairs")}
    for session in product.all("mentoring", "pair-sessions", status="CONFIRMED"):
        start = datetime.fromisoformat(f"{session['held_on']}T{session['starts_at']}").replace(tzinfo=zone)
        yield Line(
            key=session["id"],
            person=session["employee_id"],
            form=forms[session["pair_id"]],
            start=start,
            end=start + timedelta(minutes=session["minutes"]),
            title=session["id"],
        )


def imported_lines(statements: Iterable[Entry]) -> Iterator[Line]:
    """What other agencies certified, as claimed; a revoked line counts no more."""
    for statement in statements:
        for activity in statement["activities"]:
            if activity["origin"] == "IMPORT" and activity["limit"] != "REVOKED":
                yield Line(
                    key=activity["id"],
                    person=statement["employee_id"],
                    form=activity["form_code"],
                    start=date.fromisoformat(activity["starts_on"]),
                    end=date.fromisoformat(activity["ends_on"]),
                    claimed=Decimal(str(activity["claimed_hours"])),
                    abroad=activity["scope"] == ABROAD,
                    title=activity["title"] or "",
                    provider=activity["provider"] or "",
                )


def read_statements(product: Product, years: Iterable[int], taught: Collection[str]) -> Iterator[Entry]:
    """Statements of everybody; one without anything in it is taken from the list, with the periods of the last year."""
    periods: dict[str, Entry] = {}
    for year in sorted(years, reverse=True):
        listed = list(product.paged("training", "learning-hours", "statements", year=year))
        asked = [
            one["employee_id"]
            for one in listed
            if one["employee_id"] not in periods or one["employee_id"] in taught or one["credited"] or one["claimed"]
        ]
        details = product.each("training", [f"learning-hours/{id_}" for id_ in asked], year=year)
        periods |= {one["employee_id"]: one["periods"] for one in details}
        detailed = set(asked)
        yield from details
        for one in (one for one in listed if one["employee_id"] not in detailed):
            yield one | {"activities": [], "periods": periods[one["employee_id"]]}


def line_facts(
    lines: Mapping[str, Line], earned: Mapping[str, Credit], statements: Iterable[Entry]
) -> tuple[Facts, Facts]:
    """The credit of each line, with its form and what kept it from counting more."""
    expected = {
        key: {
            "person": line.person,
            "form": line.form if line.form in TABLE else NO_RULE,
            "year": earned[key].year,
            "jp": earned[key].jp,
            "limit": _limit(line, earned[key]),
        }
        for key, line in lines.items()
    }
    seen = {
        activity["id"]: {
            "person": statement["employee_id"],
            "form": activity["form_code"] if activity["form_code"] in TABLE else NO_RULE,
            "year": statement["year"],
            "jp": activity["credited_hours"],
            "limit": activity["limit"],
        }
        for statement in statements
        for activity in statement["activities"]
        if activity["limit"] != "REVOKED"
    }
    return expected, seen


def _limit(line: Line, credit: Credit) -> str | None:
    if credit.reason in LIMITS:
        return LIMITS[credit.reason]
    alone = learning_hours.ledger([line], ZoneInfo(DEFAULT_ZONE))[line.key]
    wanted = learning_hours.uncapped(line)
    return "DAY" if credit.jp < alone.jp or (wanted is not None and credit.jp < wanted) else None


def statement_facts(
    lines: Mapping[str, Line], earned: Mapping[str, Credit], statements: Iterable[Entry]
) -> tuple[Facts, Facts]:
    """JP per person, year and form, by path, against the target."""
    forms: dict[tuple[str, int], dict[str, int]] = {}
    for key, line in lines.items():
        own = forms.setdefault((line.person, earned[key].year), {})
        own[line.form] = own.get(line.form, 0) + earned[key].jp
    expected, seen = {}, {}
    for statement in statements:
        key = f"{statement['employee_id']} {statement['year']}"
        by_form = forms.get((statement["employee_id"], statement["year"]), {})
        credited, target = sum(by_form.values()), target_of(statement)
        expected[key] = {
            "forms": {form: jp for form, jp in sorted(by_form.items()) if jp},
            "credited": credited,
            **{
                mode: sum(jp for form, jp in by_form.items() if form[0] == letter)
                for letter, mode in learning_hours.MODES.items()
            },
            "target": target,
            "fulfilled": None if target is None else credited >= target,
        }
        seen[key] = {
            "forms": {form: jp for form, jp in sorted(statement["by_form"].items()) if jp},
            "credited": statement["credited"],
            "education": statement["education"],
            "classical": statement["classical"],
            "nonclassical": statement["non_classical"],
            "target": statement["target"],
            "fulfilled": statement["fulfilled"],
        }
    return expected, seen


def _of_mode(by_form: Mapping[str, int], letter: str) -> int:
    return sum(jp for form, jp in by_form.items() if form.startswith(letter))


def served_since(product: Product, statement: Entry) -> date:
    """The first day that counts: that of the first known post, unless the number tells of an earlier year (§2.10)."""
    # §2.4 does not say where months active begin. Who was appointed in the year of the first post begins with the post:
    # the months before it are those of a CPNS, who has no target. Who served before came from elsewhere.
    first = date.fromisoformat(statement["periods"][0]["starts_on"])
    if first <= date(statement["year"], 1, 1):
        return first
    number = product.get("needs", f"employees/{statement['employee_id']}")["employee_number"]
    appointed = int(number[8:12])
    return first if appointed >= first.year else date(appointed, 1, 1)


def target_of(statement: Entry) -> int | None:
    """The target of one person and year, by what the person was in its months."""
    periods = statement["periods"]
    if statement["since"].year > statement["year"]:
        return None
    starts = [date.fromisoformat(period["starts_on"]) for period in periods]
    ends = [*starts[1:], date.max]
    absences = [
        targets.Absence(status=period["legal_status"], start=start, end=end)
        for period, start, end in zip(periods, starts, ends, strict=True)
    ]
    left = [start for period, start in zip(periods, starts, strict=True) if period["legal_status"] == targets.RETIRED]
    months = targets.months_active(statement["year"], statement["since"], left[0] if left else None, absences)
    return targets.target(statement["employment_type"], months)


def compared(product: Product, zone: str = DEFAULT_ZONE) -> Iterator[tuple[str, Facts, Facts]]:
    taken = seats(product)
    yield "completions", *completion_facts(taken)
    place = ZoneInfo(zone)
    lines = [one.line for one in taken if one.missed is None] + list(session_lines(product, place))
    years = {learning_hours.local_day(line.end, place).year for line in lines} | {product.today().year}
    statements = list(read_statements(product, years, {line.person for line in lines}))
    for statement in statements:
        statement["since"] = served_since(product, statement)
    by_key = {line.key: line for line in (*lines, *imported_lines(statements))}
    earned = learning_hours.ledger(by_key.values(), place)
    yield "learning hours", *line_facts(by_key, earned, statements)
    yield "statements", *statement_facts(by_key, earned, statements)
