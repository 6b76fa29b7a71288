"""JP of lines of activity by the table of §2.4: rates, caps, floors, overlaps, local days and years."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from zoneinfo import ZoneInfo

from .people import people
from .workbooks import rows

SEMESTER, PROGRAM, DAY, DAY_CAP, TIME = "semester", "program", "day", "day_cap", "time"
MINUTES_OF_JP = 45
ABROAD = Fraction("1.2")
DEFAULT_ZONE = "Asia/Jakarta"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one form counts: rate per unit at home and abroad; None abroad is the rate at home plus 20 %."""

    counts: str
    home: int = 0
    abroad: int | None = None
    times_a_month: int | None = None
    plus: bool = True


TABLE = {
    "A1": Form(counts=SEMESTER, home=20, abroad=20),
    "A2": Form(counts=SEMESTER, home=20, abroad=20),
    # §2.4 prints "–" for structural training abroad: no surcharge, the programme's JP.
    "B1": Form(counts=PROGRAM, plus=False),
    **{code: Form(counts=PROGRAM) for code in ("B2", "B3", "B4", "B5", "B8", "B9", "B10", "C4", "C6")},
    "B6": Form(counts=DAY, home=4, abroad=6),
    "B7": Form(counts=DAY, home=5, abroad=7),
    "B11": Form(counts=DAY, home=4, abroad=6),
    "C1": Form(counts=TIME, home=2, abroad=4, times_a_month=2),
    "C2": Form(counts=TIME, home=2, abroad=4, times_a_month=2),
    "C3": Form(counts=DAY_CAP, home=3, abroad=4),
    "C5": Form(counts=TIME, home=20, abroad=24),
    "C7": Form(counts=TIME, home=10, abroad=20),
    "C8": Form(counts=TIME, home=20, abroad=24),
    "C9": Form(counts=DAY_CAP, home=2),
    "C10": Form(counts=DAY_CAP, home=2),
    "C11": Form(counts=TIME, home=20, abroad=24),
}
# §2.3 numbers of SIASN for the codes of §2.4; 24 (on-the-job guidance) has no line in the table and earns nothing.
SIASN = {
    "B1": 1,
    "B4": 2,
    "B3": 3,
    "B7": 4,
    "B2": 5,
    "B5": 6,
    "B11": 7,
    "B10": 8,
    "B6": 9,
    "C11": 10,
    "B8": 11,
    "B9": 12,
    "C1": 14,
    "C2": 15,
    "C3": 16,
    "C4": 17,
    "C5": 18,
    "C6": 19,
    "C7": 20,
    "C8": 21,
    "C9": 22,
    "C10": 23,
}
MODES = {"A": "education", "B": "classical", "C": "nonclassical"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One activity of one person; days as dates, or instants with their zone that are put into the agency's zone."""

    key: str
    person: str
    form: str
    start: date
    end: date
    claimed: Decimal = Decimal(0)
    minutes: int | None = None
    abroad: bool = False
    title: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    jp: int
    year: int
    reason: str


@dataclass(slots=True)
class Counted:
    """What earlier lines of the same person and form have used up."""

    days: set[date]
    months: list[tuple[int, int]]


def local_day(moment: date, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date() if isinstance(moment, datetime) else moment


def ledger(lines: Iterable[Line], zone: ZoneInfo) -> dict[str, Credit]:
    """The credit of each line, whatever the order of arrival: earliest start first."""
    earned: dict[str, Credit] = {}
    used: dict[tuple[str, str], Counted] = {}
    met: set[tuple[object, ...]] = set()
    for line in sorted(lines, key=lambda line: _order(line, zone)):
        # §2.4 does not speak of a line written twice: equal in everything, it counts once.
        same = (line.person, line.form, line.start, line.end, line.title, line.provider)
        year = local_day(line.end, zone).year
        if same in met:
            earned[line.key] = Credit(jp=0, year=year, reason="duplicate")
            continue
        met.add(same)
        counted = used.setdefault((line.person, line.form), Counted(set(), []))
        jp, reason = _credit(line, counted, zone)
        earned[line.key] = Credit(jp=jp, year=year, reason=reason)
    return earned


def _order(line: Line, zone: ZoneInfo) -> tuple[str, str, str, int, str]:
    """Earliest start first; at the same start the earlier end, then the order of the lines (§2.4 leaves ties open)."""
    start, end = _instant(line.start, zone), _instant(line.end, zone)
    if isinstance(line.start, datetime):
        # Each session counts as one time, however long it takes.
        end = ""
    kind, _, number = line.key.rpartition(" ")
    return start, end, kind, int(number) if number.isdecimal() else 0, line.key


def _instant(moment: date, zone: ZoneInfo) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(zone).isoformat()
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone).isoformat()


def _credit(line: Line, counted: Counted, zone: ZoneInfo) -> tuple[int, str]:
    form = TABLE.get(line.form)
    if form is None:
        return 0, "no rule"
    if form.counts == PROGRAM:
        return _floor_abroad(_program_jp(line), form, line), "program"
    if form.counts == TIME:
        return _times(line, form, counted, zone)
    own = _own_days(line, counted, zone)
    rate = form.abroad if line.abroad and form.abroad is not None else form.home
    if form.counts == DAY:
        return rate * own, "per day"
    if form.counts == SEMESTER:
        return (rate, "semester") if own else (0, "overlap")
    limited = min(_program_jp(line), Fraction(rate * own))
    surcharge = form if form.abroad is None else Form(counts=DAY_CAP, plus=False)
    return _floor_abroad(limited, surcharge, line), "per day at most"


def uncapped(line: Line) -> int | None:
    """What a line of a form with a ceiling per day would earn without it; None for the other forms."""
    form = TABLE.get(line.form)
    if form is None or form.counts != DAY_CAP:
        return None
    return _floor_abroad(_program_jp(line), form, line)


def _program_jp(line: Line) -> Fraction:
    """Whole JP first, at home as abroad: floor(minutes / 45), or the JP of the certificate without its fraction."""
    if line.minutes is not None:
        return Fraction(line.minutes // MINUTES_OF_JP)
    return Fraction(floor(line.claimed))


def _floor_abroad(jp: Fraction, form: Form, line: Line) -> int:
    return floor(jp * ABROAD) if line.abroad and form.plus else floor(jp)


def _own_days(line: Line, counted: Counted, zone: ZoneInfo) -> int:
    """Calendar days, both ends included, that no earlier line of this form has; weekends count (§2.4 excludes none)."""
    first, last = local_day(line.start, zone), local_day(line.end, zone)
    days = {first + timedelta(days=offset) for offset in range((last - first).days + 1)} - counted.days
    counted.days |= days
    return len(days)


def _times(line: Line, form: Form, counted: Counted, zone: ZoneInfo) -> tuple[int, str]:
    """Times within the month; the month, as the year, is that of the local end day."""
    day = local_day(line.end, zone)
    month = (day.year, day.month)
    if form.times_a_month is not None and counted.months.count(month) >= form.times_a_month:
        return 0, "monthly cap"
    counted.months.append(month)
    return form.abroad if line.abroad and form.abroad is not None else form.home, "per time"


def read_lines(activities: Path, numbers: dict[str, str], today: date | None = None) -> list[Line]:
    """Lines of the workbook; §8.2 takes ended activities only, so with `today` later ones are left out."""
    names = ("Tanggal Mulai", "Tanggal Selesai", "Total Jam Pelajaran", "NIP Peserta", "Kode Jenis Pengembangan")
    found = []
    for row in rows(activities, *names):
        line = Line(
            key=f"line {row.number}",
            person=numbers[row.text("NIP Peserta")],
            form=row.text("Kode Jenis Pengembangan"),
            start=row.day("Tanggal Mulai"),
            end=row.day("Tanggal Selesai"),
            claimed=row.decimal("Total Jam Pelajaran") or Decimal(0),
            title=row.text("Nama Kegiatan"),
            provider=row.text("Penyelenggara Kegiatan"),
        )
        if today is None or line.end < today:
            found.append(line)
    return found


def statements(lines: Sequence[Line], zone: ZoneInfo) -> dict[str, dict[str, dict[str, object]]]:
    """`lines` by line, `forms` by person, year and form, `totals` by person and year: ours beside what was claimed."""
    earned = ledger(lines, zone)
    by_line: dict[str, dict[str, object]] = {}
    forms: dict[str, list[tuple[int, Decimal]]] = {}
    totals: dict[str, list[tuple[int, Decimal]]] = {}
    for line in lines:
        credit = earned[line.key]
        by_line[line.key] = {"jp": credit.jp, "claimed": line.claimed, "year": credit.year, "form": line.form}
        pair = (credit.jp, line.claimed)
        forms.setdefault(f"{line.person} {credit.year} {line.form}", []).append(pair)
        totals.setdefault(f"{line.person} {credit.year}", []).append(pair)
    return {"lines": by_line, "forms": _summed(forms), "totals": _summed(totals)}


def _summed(pairs: dict[str, list[tuple[int, Decimal]]]) -> dict[str, dict[str, object]]:
    return {
        key: {
            "jp": (ours := sum(jp for jp, _ in found)),
            "claimed": (claimed := sum((claim for _, claim in found), Decimal(0))),
            "difference": ours - claimed,
        }
        for key, found in pairs.items()
    }


def expected(
    *, employees: Path, activities: Path, zone: str = DEFAULT_ZONE, today: date | None = None
) -> dict[str, dict[str, dict[str, object]]]:
    """Statements of everyone in the employee workbook, by row."""
    numbers = {number: person.key for number, person in people(employees).items()}
    return statements(read_lines(activities, numbers, today), ZoneInfo(zone))
