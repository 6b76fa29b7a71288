"""A year written down by hand, as every GET would answer: two people, one need that closed, a class, three sessions."""

from copy import deepcopy
from typing import Any

from .gaps import CORE
from .product import Product

ANI, BUDI, POSITION, NEED, ITEM, DECREE = "ani", "budi", "position", "need", "item", "decree"
CENTRE, AFTER, SEAT, PAIR, REVIEW = "centre", "after", "seat", "pair", "review"
CODES = [title.upper().replace(" ", "_") for title in CORE]
WEAK, STANDARD = CODES[0], 3
FOUND, FIXED, CLOSED = "2026-01-10T01:00:00Z", "2026-01-13T01:00:00Z", "2026-09-01T01:00:00Z"
TODAY = "2026-11-30"


def answers() -> dict[tuple[str, str], Any]:
    """What each service shows, by service and path."""
    return deepcopy({**_people(), **_needs(), **_training(), **_mentoring(), **_evaluation()})


def _people() -> dict[tuple[str, str], Any]:
    person = {"legal_status": "01", "unit_code": "1", "valid_from": "2020-01-01", "employment_type": "PNS"}
    levels = dict.fromkeys(CODES, STANDARD) | {WEAK: 1}
    assessed = {"employee_id": ANI, "recorded_at": "2026-01-05T01:00:00Z", "levels": levels}
    return {
        ("needs", "employees"): {"employees": [{"id": ANI, **person}, {"id": BUDI, **person}], "next": None},
        ("needs", "units"): [{"code": "1", "parent_code": None}],
        ("needs", "competencies"): [
            {"code": code, "title": title, "core": True} for code, title in zip(CODES, CORE, strict=True)
        ],
        ("needs", "positions"): [
            {"id": POSITION, "levels": [{"competency": code, "level": STANDARD} for code in CODES]}
        ],
        ("needs", "assessments"): [
            assessed | {"id": CENTRE, "kind": "CENTRE", "assessed_on": "2026-01-02", "valid_until": "2029-01-02"},
            assessed
            | {"id": AFTER, "kind": "POST_TRAINING", "assessed_on": "2026-08-31", "valid_until": "2028-08-31"}
            | {"levels": {WEAK: STANDARD}, "recorded_at": CLOSED},
        ],
        ("needs", f"gaps/{ANI}"): _gaps(ANI, levels),
        ("needs", f"gaps/{BUDI}"): _gaps(BUDI, {}),
    }


def _gaps(person: str, levels: dict[str, int]) -> dict[str, Any]:
    # 25 of 27 reached: 92.59 %, and nothing over the standard.
    match = {
        "capped": "92.59",
        "uncapped": "92.59",
        "mapping_band": {"code": "O"},
        "appointment_band": {"code": "MS"},
        "gap_index": "7.40",
        "gap_band": {"title": "Rendah"},
    }
    gaps = [
        {
            "competency": code,
            "standard": STANDARD,
            "level": (level := levels.get(code)),
            "gap": None if level is None else level - STANDARD,
            "contradicted_by": None,
            "met_by": {"assessment_id": AFTER} if level == 1 else None,
        }
        for code in CODES
    ]
    entry = {"employee_id": person, "position_id": POSITION, "on": TODAY, "gaps": gaps, "match_incomplete": False}
    return entry | {"match": match if levels else None}


def _needs() -> dict[tuple[str, str], Any]:
    times = [FOUND, "2026-01-11T01:00:00Z", "2026-01-12T01:00:00Z", FIXED, CLOSED]
    stages = ["IDENTIFIED", "VERIFIED", "VALIDATED", "PLANNED", "CLOSED"]
    need = {
        "id": NEED,
        "employee_id": ANI,
        "competency": WEAK,
        "cycle": 2026,
        "standard_level": STANDARD,
        "current_level": 1,
        "position_id": POSITION,
        "identified_on": "2026-01-10",
        "status": "CLOSED",
        "assessment_id": CENTRE,
        "contradicted": False,
        "closing_assessment_id": AFTER,
        "closing_level": STANDARD,
        "review_follow_up_id": None,
        "steps": [{"status": stage, "reason": None, "taken_at": at} for stage, at in zip(stages, times, strict=True)],
    }
    item = {"id": ITEM, "need_id": NEED, "employee_id": ANI, "competency": WEAK, "form": 15, "decree_id": DECREE}
    decree = {"id": DECREE, "status": "CONFIRMED", "entered_by": "one", "concluded_by": "two"}
    analysis = {"id": "analysis", "cycle": 2026, "unit_code": None, "analysed_on": "2026-01-10", "analysed_at": FOUND}
    return {
        ("needs", "needs"): [need],
        ("needs", f"needs/{NEED}"): need,
        ("needs", "plan-items"): [item | {"status": "DONE", "reason": None, "changed_at": CLOSED}],
        ("needs", "decrees"): [decree | {"entered_at": "2026-01-12T02:00:00Z", "concluded_at": FIXED}],
        ("needs", "analyses"): [analysis | {"needs_identified": 1}],
    }


def _training() -> dict[tuple[str, str], Any]:
    held = {
        "id": "class",
        "status": "CLOSED",
        "form": 4,
        "scope": "NATIONAL",
        "start_date": "2026-02-02",
        "end_date": "2026-02-03",
        "session_hours": [5, 5],
        "learning_hours": 10,
        "minimum_attendance_percent": 80,
        "post_test_required": True,
    }
    seat = {"id": SEAT, "employee_id": BUDI, "status": "COMPLETED", "missed": None, "attendance_percent": 100}
    participant = {"presence": {"1": True, "2": True}, "certificate_number": "00001/CONTOH/2026"}
    workshop = {"id": SEAT, "form_code": "B7", "limit": None, "credited_hours": 10, "origin": "ENROLMENT"}
    limits = {"s1": (2, None), "s2": (0, "MONTH"), "s3": (2, None)}
    sessions = [
        {"id": key, "form_code": "C2", "limit": limit, "credited_hours": jp, "origin": "SESSION"}
        for key, (jp, limit) in limits.items()
    ]
    statements = [_statement(ANI, {"C2": 4}, sessions), _statement(BUDI, {"B7": 10}, [workshop])]
    return {
        ("training", "demands"): [],
        ("training", "classes"): [held],
        ("training", "classes/class/enrolments"): [{"enrolment": seat | {"post_score": 80}, **participant}],
        ("training", "learning-hours"): {"statements": statements, "next": None},
        **{("training", f"learning-hours/{one['employee_id']}"): one for one in statements},
    }


def _statement(person: str, forms: dict[str, int], activities: list[dict[str, Any]]) -> dict[str, Any]:
    credited = sum(forms.values())
    return {
        "employee_id": person,
        "employment_type": "PNS",
        "year": 2026,
        "periods": [{"starts_on": "2020-01-01", "legal_status": "01", "employment_type": "PNS"}],
        "by_form": forms,
        "credited": credited,
        "claimed": credited,
        "education": 0,
        "classical": forms.get("B7", 0),
        "non_classical": forms.get("C2", 0),
        "target": 20,
        "fulfilled": False,
        "activities": activities,
    }


def _mentoring() -> dict[tuple[str, str], Any]:
    session = {"pair_id": PAIR, "employee_id": ANI, "held_on": "2026-03-05", "minutes": 60, "status": "CONFIRMED"}
    starts = {"s1": "08:00:00", "s2": "14:00:00", "s3": "10:00:00"}
    return {
        ("mentoring", "requests"): [{"plan_item_id": ITEM, "form": 15}],
        ("mentoring", "pairs"): [{"id": PAIR, "form": 15}],
        ("mentoring", "pair-sessions"): [session | {"id": key, "starts_at": at} for key, at in starts.items()],
    }


def _evaluation() -> dict[tuple[str, str], Any]:
    review = {"id": REVIEW, "status": "CLOSED", "employee_id": ANI, "competency": WEAK, "level": STANDARD}
    means = {f"U{number}": 300 for number in range(1, 10)}
    survey = {
        "unit_code": "1",
        "year": 2026,
        "quarter": 1,
        "respondents": 100,
        "sums": means,
        "exact_index": "75.00",
        "exact_band": "C",
        "official_index": "74.25",
        "official_band": "C",
        "official_weight": "0.11",
        "difference": "-0.75",
        "elements": dict.fromkeys(means, "75.00"),
        "signals": ["BELOW_MINIMUM"],
    }
    agency = {"year": 2026, "quarter": 1, "units": 1, "index": "75.00", "band": "C", "pooled_index": "75.00"}
    found = {"type": "bangkom.needs.need_identified.v1", "at": FOUND, "facts": {"standard_level": STANDARD}}
    return {
        ("evaluation", f"journeys/{NEED}"): {"need": {"id": NEED}, "steps": [found]},
        ("evaluation", "reviews"): [review],
        ("evaluation", f"reviews/{REVIEW}"): review,
        ("evaluation", "follow-ups"): [],
        ("evaluation", "citizen-surveys"): {"surveys": [survey], "agency": [agency]},
    }


class Written(Product):
    """Answers from the page instead of from a product."""

    def __init__(self, shown: dict[tuple[str, str], Any]) -> None:
        super().__init__({}, "")
        self._shown = shown

    def get(self, service: str, path: str, **_query: object) -> Any:
        return self._shown[(service, path)]
