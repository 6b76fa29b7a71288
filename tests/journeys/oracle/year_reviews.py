"""Which activities of a year are reviewed at the workplace, when, and who is asked (§3.1, §3.4)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from zoneinfo import ZoneInfo

from .comparison import Facts
from .learning_hours import DEFAULT_ZONE
from .product import Entry, Product
from .reaction_and_learning import BEHAVIOUR_AFTER_DAYS, LONG_PROGRAM_JP, REVIEWED_FORMS
from .year_behaviour import OTHERS

ON_DUTY = "01"
COMPLETED, DONE = "COMPLETED", "DONE"
ANSWER_DAYS = 30
REVIEWS_A_YEAR = 2
FORMS_A_MONTH = 10
ASKED_OF_A_KIND = 3
SAMPLE_SHARE = 0.10
# A sample is as large as chance makes it: one in a million years it lies outside.
DEVIATIONS = 5
SAMPLED, NOT_SAMPLED = "SAMPLE", "NOT_IN_SAMPLE"
FOLLOW_UP = "FOLLOW_UP"
OPENED = ("OPEN", "CLOSED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that was carried out: a completed training, a mentoring, a superior's task."""

    kind: str
    id: str
    employee: str
    competency: str
    ground: str | None
    end: date | None = None
    follow_up: str | None = None
    completed: bool = True

    @property
    def key(self) -> str:
        return f"{self.kind} {self.id}"


def activities(product: Product, reviewed: Collection[str]) -> Iterator[Activity]:
    """What was carried out, and what was taken for it until a correction came."""
    classes = {held["id"]: held for held in product.all("training", "classes")}
    for seat in product.all("training", "enrolments"):
        if seat["status"] == COMPLETED or seat["id"] in reviewed:
            held = classes[seat["class_id"]]
            yield Activity(
                kind="TRAINING",
                id=seat["id"],
                employee=seat["employee_id"],
                competency=held["competency"],
                ground=FOLLOW_UP if seat["follow_up_id"] else ground_of(held),
                end=date.fromisoformat(held["end_date"]),
                follow_up=seat["follow_up_id"],
                completed=seat["status"] == COMPLETED,
            )
    for pair in product.all("mentoring", "pairs"):
        if pair["status"] == COMPLETED:
            yield Activity(
                kind="MENTORING",
                id=pair["id"],
                employee=pair["employee_id"],
                competency=pair["competency"],
                ground=FOLLOW_UP if pair["follow_up_id"] else "MENTORING",
                end=date.fromisoformat(pair["ended_on"]),
                follow_up=pair["follow_up_id"],
            )


def tasks(product: Product, reviewed: Collection[str]) -> Iterator[Activity]:
    """A superior's task that was reported done; on which day, only journeys tell."""
    for one in product.all("evaluation", "follow-ups"):
        # A follow-up that evaluation ended had to be done first; others may have been closed before.
        done = one["status"] in (DONE, "ESCALATED") or one["closing_reason"] in ("RESOLVED", "NOT_RESOLVED")
        if one["target"] == "SUPERIOR" and (done or one["id"] in reviewed):
            yield Activity(
                kind="TASK",
                id=one["id"],
                employee=one["employee_id"],
                competency=one["competency"],
                ground=FOLLOW_UP,
                follow_up=one["id"],
            )


def ground_of(held: Entry) -> str | None:
    """Why a training is reviewed; None when only the random tenth can choose it (§3.4)."""
    if held["learning_hours"] >= LONG_PROGRAM_JP:
        return "LEARNING_HOURS"
    if held["form"] in REVIEWED_FORMS:
        return "FORM"
    # §3.4 "paid by the agency above a set cost": the product keeps whether a class lies above it, not the amount.
    return "PAID" if held["cost_level"] == "PAID" else None


class Absences:
    """When people were not on duty."""

    def __init__(self, product: Product, people: Iterable[str]) -> None:
        ids = sorted(set(people))
        year = product.today().year
        found = product.each("training", [f"learning-hours/{id_}" for id_ in ids], year=year)
        self._periods = {one["employee_id"]: one["periods"] for one in found}

    def is_away(self, person: str, day: date) -> bool:
        status = ON_DUTY
        for period in self._periods[person]:
            if date.fromisoformat(period["starts_on"]) <= day:
                status = period["legal_status"]
        return status != ON_DUTY

    def are_some(self, person: str, first: date, last: date) -> bool:
        """Whether the person was away on any of these days."""
        days = (last - first).days + 1
        return any(self.is_away(person, first + timedelta(days=number)) for number in range(days))


@dataclass(slots=True, kw_only=True)
class Selection:
    """What had become of each review by today, in the order in which they were due."""

    today: date
    absences: Absences
    seen: Mapping[str, Entry]
    opening_days: Sequence[date]
    forms: Mapping[str, Sequence[Entry]]
    zone: ZoneInfo
    in_year: Counter[tuple[str, int]]
    in_month: Counter[tuple[str, str]]

    def expected(self, activity: Activity, due: date) -> dict[str, object]:
        review = self.seen[activity.key]
        if not activity.completed:
            return {"status": "DROPPED", "ground": "NOT_COMPLETED"}
        if due > self.today:
            return {"status": "PLANNED", "ground": None}
        asked_on = next((day for day in self.opening_days if day >= due), self.today)
        last = self._local(review["closed_at"]) or min(self._answer_by(review) or asked_on, self.today)
        if review["status"] == "DROPPED" and self.absences.are_some(activity.employee, due, max(last, asked_on)):
            return {"status": "DROPPED", "ground": "PERSON_AWAY"}
        ground = activity.ground or (review["ground"] if review["ground"] in (SAMPLED, NOT_SAMPLED) else SAMPLED)
        if ground == NOT_SAMPLED:
            return {"status": "NOT_SELECTED", "ground": ground}
        return self._capped(activity, ground, due) or self._asked(ground, asked_on, review)

    def _capped(self, activity: Activity, ground: str, due: date) -> dict[str, object] | None:
        """Caps hold for all but what a follow-up ordered: without it the follow-up would never end (§3.4)."""
        # §3.4 does not say which day tells the year and the month: the day on which the review is due.
        superior = str(self.seen[activity.key]["superior_id"])
        year, month = (activity.employee, due.year), (superior, f"{due:%Y-%m}")
        if ground != FOLLOW_UP and self.in_year[year] >= REVIEWS_A_YEAR:
            return {"status": "CAPPED", "ground": "PERSON_YEAR_FULL"}
        if ground != FOLLOW_UP and self.in_month[month] >= FORMS_A_MONTH:
            return {"status": "CAPPED", "ground": "SUPERIOR_MONTH_FULL"}
        self.in_year[year] += 1
        self.in_month[month] += 1
        return None

    def _asked(self, ground: str, asked_on: date, review: Entry) -> dict[str, object]:
        answer_by = self._answer_by(review)
        waiting = any(form["status"] == "OPEN" for form in self.forms.get(review["id"], ()))
        is_open = waiting and answer_by is not None and answer_by >= self.today
        return {
            "status": "OPEN" if is_open else "CLOSED",
            "ground": ground,
            "answer_by": asked_on + timedelta(days=ANSWER_DAYS) if answer_by is None else answer_by,
        }

    def _local(self, at: str | None) -> date | None:
        return None if at is None else datetime.fromisoformat(at).astimezone(self.zone).date()

    def _answer_by(self, review: Entry) -> date | None:
        opened = self._local(review["opened_at"])
        return None if opened is None else opened + timedelta(days=ANSWER_DAYS)


def review_facts(
    product: Product, reviews: Sequence[Entry], forms: Mapping[str, Sequence[Entry]]
) -> tuple[Facts, Facts]:
    """Every activity has one review with its day; what became of it, for which reason."""
    reviewed = {review["activity_id"] for review in reviews}
    carried_out = {one.key: one for one in [*activities(product, reviewed), *tasks(product, reviewed)]}
    by_key = {f"{one['activity_kind']} {one['activity_id']}": one for one in reviews}
    zone = ZoneInfo(DEFAULT_ZONE)
    opened = [datetime.fromisoformat(one["opened_at"]).astimezone(zone).date() for one in reviews if one["opened_at"]]
    selection = Selection(
        today=product.today(),
        absences=Absences(product, [one.employee for one in carried_out.values()]),
        seen=by_key,
        opening_days=sorted(set(opened)),
        forms=forms,
        zone=zone,
        in_year=Counter(),
        in_month=Counter(),
    )
    expected: dict[str, dict[str, object]] = {}
    for key in sorted(carried_out, key=lambda key: (_due(by_key, key), key)):
        activity = carried_out[key]
        if key not in by_key:
            expected[key] = {}
            continue
        end = activity.end or date.fromisoformat(by_key[key]["end_date"])
        due = end + timedelta(days=BEHAVIOUR_AFTER_DAYS)
        expected[key] = {
            "employee_id": activity.employee,
            "competency": activity.competency,
            "follow_up_id": activity.follow_up,
            "end_date": end,
            "due_date": due,
        } | selection.expected(activity, due)
    return expected, by_key


def _due(reviews: Mapping[str, Entry], key: str) -> str:
    return str(reviews[key]["due_date"]) if key in reviews else ""


def sample_facts(reviews: Iterable[Entry]) -> tuple[Facts, Facts]:
    """About a tenth of what nothing else calls for is reviewed."""
    grounds = Counter(review["ground"] for review in reviews)
    chosen, all_ = grounds[SAMPLED], grounds[SAMPLED] + grounds[NOT_SAMPLED]
    spread = DEVIATIONS * sqrt(all_ * SAMPLE_SHARE * (1 - SAMPLE_SHARE))
    plausible = abs(chosen - all_ * SAMPLE_SHARE) <= spread + 1
    told = f"{chosen} of {all_}"
    return {"sample": {"is a tenth": True, "size": told}}, {"sample": {"is a tenth": plausible, "size": told}}


def form_facts(reviews: Iterable[Entry], forms: Mapping[str, Sequence[Entry]]) -> tuple[Facts, Facts]:
    """The person and the superior are asked once each, and some others, nobody twice (§3.5)."""
    expected, seen = {}, {}
    for review in reviews:
        if review["opened_at"] is None:
            continue
        asked = forms.get(review["id"], ())
        by_role = {role: [form["respondent_id"] for form in asked if form["role"] == role] for role in _roles(asked)}
        # Who answered as a peer and became the superior afterwards answers as that too: the other answer has no name.
        heirs = [form["respondent_id"] for form in asked if form["role"] == "SUPERIOR"]
        peers = [
            form["respondent_id"]
            for form in asked
            if form["role"] != "SUPERIOR"
            and form["status"] != "DROPPED"
            and not (form["status"] == "ANSWERED" and form["respondent_id"] in heirs)
        ]
        people = heirs + peers
        expected[review["id"]] = {
            "SELF": [review["employee_id"]],
            "SUPERIOR": [review["superior_id"]] if review["superior_id"] else None,
            "each once": True,
            "few": True,
        }
        seen[review["id"]] = {
            "SELF": by_role.get("SELF"),
            "SUPERIOR": by_role.get("SUPERIOR"),
            "each once": len(people) == len(set(people)),
            "few": all(len(by_role.get(role, ())) <= ASKED_OF_A_KIND for role in OTHERS),
        }
    return expected, seen


def _roles(forms: Iterable[Entry]) -> set[str]:
    return {form["role"] for form in forms}


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    reviews = product.all("evaluation", "reviews")
    forms: dict[str, list[Entry]] = {}
    for form in product.all("evaluation", "forms"):
        if form["review_id"] is not None:
            forms.setdefault(form["review_id"], []).append(form)
    yield "reviews", *review_facts(product, reviews, forms)
    yield "review sample", *sample_facts(reviews)
    yield "review forms", *form_facts(reviews, forms)
