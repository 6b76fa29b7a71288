"""The journey of every need of a year: each step that had to be, once, with its cause, figure and rule version."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from .comparison import Facts
from .product import Entry, Product
from .year_behaviour import closed_reviews

# Which fact of a step names what it is about; steps of the need itself are told apart by their number alone.
NAMED_BY = {
    "plan_item_approved": "plan_item_id",
    "plan_item_withdrawn": "plan_item_id",
    "class_scheduled": "class_id",
    "enrolment_confirmed": "enrolment_id",
    "enrolment_cancelled": "enrolment_id",
    "learning_measured": "enrolment_id",
    "training_completed": "enrolment_id",
    "training_not_completed": "enrolment_id",
    "mentoring_requested": "request_id",
    "mentoring_request_withdrawn": "request_id",
    "mentor_matched": "pair_id",
    "mentoring_started": "pair_id",
    "mentoring_completed": "pair_id",
    "mentoring_stopped": "pair_id",
    "session_confirmed": "session_id",
    "evaluation_concluded": "evaluation_id",
    "competency_remeasured": "evaluation_id",
    "competency_assessed": "assessment_id",
    "follow_up_opened": "follow_up_id",
    "follow_up_confirmed": "follow_up_id",
    "follow_up_done": "follow_up_id",
    "follow_up_closed": "follow_up_id",
    "follow_up_escalated": "follow_up_id",
}
STAGES = {
    "IDENTIFIED": "need_identified",
    "VERIFIED": "need_verified",
    "VALIDATED": "need_validated",
    "REJECTED": "need_rejected",
    "RETURNED": "need_returned",
    "CLOSED": "need_closed",
}
DECIDED = "decided"
ELSEWHERE = "elsewhere"
CORRECTED = "training_completion_corrected"
# Told beside the journey by others: hours by the ledger, classes by findings, corrections by their completions. What
# a move changed of a need's standard shows in the need itself.
BESIDE = (
    "need_standard_changed",
    "learning_hours_credited",
    "learning_hours_reversed",
    "certificate_issued",
    "certificate_revoked",
    CORRECTED,
    "program_revision_requested",
)
TRAINED = ("training_completed", CORRECTED)
ENDED = ("WITHDRAWN", "DONE")
COACHING = 14
DONE_BY = {
    "TRAINING": "trained",
    "MENTORING": "mentoring_completed",
    "COACHING": "mentoring_completed",
    "SUPERIOR": DECIDED,
}
EVALUATED = ("RESOLVED", "NOT_RESOLVED", "NOT_EVALUABLE")
RULES = {2: "L2_PERSON", 3: "L3_PERSON"}

Steps = dict[str, dict[str, object]]


def stages(steps: Sequence[Entry]) -> list[str]:
    """Stages that were reached; back from PLANNED to VALIDATED a need falls with its item, and nobody validates it."""
    names = ["", *(step["status"] for step in steps)]
    return [
        STAGES[status]
        for before, status in pairwise(names)
        if status in STAGES and (before, status) != ("PLANNED", "VALIDATED")
    ]


def name_of(step: Entry) -> str:
    return str(step["type"].split(".")[-2])


def about(step: Entry) -> str:
    field = NAMED_BY.get(name_of(step))
    return "" if field is None else str(step["facts"][field])


def cause_of(step: Entry, journey: Entry) -> str:
    """The step that caused it, or that people or a date decided, or something outside this journey."""
    if step["caused_by"] is not None:
        name = name_of(journey["steps"][step["caused_by"] - 1])
        return "trained" if name in TRAINED else name
    causation = step["causation"] or DECIDED
    return DECIDED if causation == DECIDED or causation.startswith(("command:", "timer:")) else ELSEWHERE


class Expected:
    """Steps by need, from what each service shows of its own."""

    def __init__(self, product: Product, journeys: Sequence[Entry]) -> None:
        self.steps: dict[str, Steps] = {journey["need"]["id"]: {} for journey in journeys}
        self._product = product
        told = [step for journey in journeys for step in journey["steps"]]
        self._told = {(name_of(step), about(step)) for step in told}
        # For whom a follow-up was meant before anybody confirmed it: its kind tells, unless it goes on with what had
        # been stopped.
        opened = [step["facts"] for step in told if name_of(step) == "follow_up_opened"]
        self._meant = {facts["follow_up_id"]: facts["target"] for facts in opened}
        self._corrected = {step["facts"]["enrolment_id"] for step in told if name_of(step) == CORRECTED}

    def add(self, needs: Iterable[str], name: str, about: str = "", **facts: object) -> None:
        for need in needs:
            if need in self.steps:
                self.steps[need][f"{need} {name} {about}".strip()] = {"times": 1, **facts}

    def may_repeat(self, needs: Iterable[str], name: str, about: str) -> None:
        for need in needs:
            self.steps.get(need, {}).get(f"{need} {name} {about}", {}).pop("times", None)

    def of_needs(self) -> None:
        product, ids = self._product, list(self.steps)
        decrees = {one["id"]: one for one in product.all("needs", "decrees")}
        for item in product.all("needs", "plan-items"):
            decree = decrees.get(item["decree_id"] or "")
            if decree is None or decree["status"] != "CONFIRMED":
                continue
            # What had been met or taken back before the second person confirmed is not fixed by the decree.
            if item["status"] in ENDED and item["changed_at"] < decree["concluded_at"]:
                continue
            self.add([item["need_id"]], "plan_item_approved", item["id"], cause=DECIDED)
            if item["status"] == "WITHDRAWN":
                self.add([item["need_id"]], "plan_item_withdrawn", item["id"])
        for need in product.each("needs", [f"needs/{id_}" for id_ in ids]):
            passed = stages(need["steps"])
            for name in sorted(set(passed)):
                self.add([need["id"]], name, times=passed.count(name))

    def of_training(self) -> None:
        classes = {one["id"]: one for one in self._product.all("training", "classes")}
        for seat in self._product.all("training", "enrolments"):
            needs, id_, status = seat["need_ids"], seat["id"], seat["status"]
            self.add(needs, "class_scheduled", seat["class_id"], cause=DECIDED)
            self.add(needs, "enrolment_confirmed", id_, cause=DECIDED)
            if status == "CANCELLED":
                self.add(needs, "enrolment_cancelled", id_)
            elif classes[seat["class_id"]]["status"] == "CLOSED":
                if seat["max_score"] is not None:
                    scores = {name: seat[name] for name in ("pre_score", "post_score", "max_score")}
                    self.add(needs, "learning_measured", id_, cause=DECIDED, **scores)
                    if id_ in self._corrected:
                        # A test handed in late is measured again.
                        self.may_repeat(needs, "learning_measured", id_)
                self.add(needs, self._end_of(seat), id_, cause=DECIDED)

    def _end_of(self, seat: Entry) -> str:
        """What was told when the class was closed: a correction since may have turned it round."""
        completed = seat["status"] == "COMPLETED"
        if seat["id"] in self._corrected:
            completed = ("training_completed", seat["id"]) in self._told
        return "training_completed" if completed else "training_not_completed"

    def of_mentoring(self) -> None:
        product = self._product
        for request in product.all("mentoring", "requests"):
            self.add(request["need_ids"], "mentoring_requested", request["id"], **self._asked_by(request))
            if request["status"] == "WITHDRAWN":
                self.add(request["need_ids"], "mentoring_request_withdrawn", request["id"])
        pairs = {pair["id"]: pair for pair in product.all("mentoring", "pairs")}
        for pair in pairs.values():
            needs, id_ = pair["need_ids"], pair["id"]
            self.add(needs, "mentor_matched", id_)
            if pair["form"] == COACHING:
                # Coaching goes on with the next superior.
                self.may_repeat(needs, "mentor_matched", id_)
            if pair["started_at"] is not None:
                self.add(needs, "mentoring_started", id_, cause=DECIDED)
            if pair["status"] == "COMPLETED":
                facts = {"attainment": pair["attainment"], "sessions": pair["session_count"]}
                self.add(needs, "mentoring_completed", id_, cause=DECIDED, **facts)
            elif pair["status"] == "STOPPED":
                self.add(needs, "mentoring_stopped", id_)
        for session in product.all("mentoring", "pair-sessions"):
            if session["status"] == "CONFIRMED":
                self.add(pairs[session["pair_id"]]["need_ids"], "session_confirmed", session["id"], cause=DECIDED)

    def _asked_by(self, request: Entry) -> dict[str, object]:
        """Mentoring waits from the opening of what is meant for it; what was meant for training comes confirmed."""
        if request["origin"] == "PLAN_ITEM":
            return {"cause": "plan_item_approved"}
        meant = self._meant.get(request["follow_up_id"] or "") in ("MENTORING", "COACHING")
        return {"cause": "follow_up_opened" if meant else "follow_up_confirmed"}

    def of_evaluation(self) -> None:
        product = self._product
        seats = {seat["id"]: seat["need_ids"] for seat in product.all("training", "enrolments")}
        reviews = {review["activity_id"]: review for review in closed_reviews(product)}
        closed_by: dict[str, list[str]] = {}
        for need in product.all("needs", "needs"):
            if need["closing_assessment_id"] is not None:
                closed_by.setdefault(need["closing_assessment_id"], []).append(need["id"])
        for one in product.all("evaluation", "evaluations"):
            level, review = one["level"], reviews.get(one["activity_id"])
            needs = seats.get(one["enrolment_id"] or "", ()) if level == 2 or review is None else review["need_ids"]
            figures = {name: one[name] for name in ("verdict", "figure", "level", "rule_version")}
            cause = "trained" if level == 2 else DECIDED
            self.add(needs, "evaluation_concluded", one["id"], cause=cause, rule=RULES[level], **figures)
            if one["enrolment_id"] in self._corrected:
                self.may_repeat(needs, "evaluation_concluded", one["id"])
            if level == 3 and review is not None and review["level"] is not None:
                # What was measured for one need closes those of other plan years with it, and is shown in each.
                shown = [*needs, *closed_by.pop(one["id"], ())]
                self.add(shown, "competency_remeasured", one["id"], cause=DECIDED, level=review["level"])
                self.add(shown, "competency_assessed", one["id"], cause="competency_remeasured")
        for assessment, closed in closed_by.items():
            self.add(closed, "competency_assessed", assessment, cause=DECIDED)

    def of_follow_ups(self) -> None:
        product = self._product
        levels = {one["id"]: one["level"] for one in product.all("evaluation", "evaluations")}
        opened: set[str] = set()
        for one in sorted(product.all("evaluation", "follow-ups"), key=lambda one: str(one["opened_at"])):
            needs, id_, status = one["need_ids"], one["id"], one["status"]
            facts = {name: one[name] for name in ("round", "kind", "cycle", "rule", "rule_version")}
            if one["evaluation_id"] not in opened:
                # Stopped work is begun anew by whatever stopped it.
                opened.add(one["evaluation_id"])
                facts["cause"] = "trained" if levels[one["evaluation_id"]] == 2 else DECIDED
            self.add(needs, "follow_up_opened", id_, **facts)
            if status in ("CONFIRMED", "ACCEPTED", "DONE", "ESCALATED"):
                self.add(needs, "follow_up_confirmed", id_, cause=DECIDED, target=one["target"])
            if status in ("DONE", "ESCALATED"):
                self.add(needs, "follow_up_done", id_, cause=DONE_BY[one["target"]])
            if status == "ESCALATED":
                self.add(needs, "follow_up_escalated", id_)
                if ("follow_up_closed", id_) in self._told:
                    # A passed re-test had resolved it, until behaviour said otherwise.
                    self.add(needs, "follow_up_closed", id_, reason="RESOLVED", cause="trained")
            elif status == "CLOSED":
                self.add(needs, "follow_up_closed", id_, reason=one["closing_reason"])
                self._before_the_end(one)

    def _before_the_end(self, one: Entry) -> None:
        """What was evaluated had been confirmed and done; what ended otherwise may have been."""
        needs, reason = one["need_ids"], one["closing_reason"]
        for name, cause in (("follow_up_confirmed", DECIDED), ("follow_up_done", DONE_BY[one["target"]])):
            if reason in EVALUATED or (reason != "DECLINED" and (name, one["id"]) in self._told):
                self.add(needs, name, one["id"], cause=cause)


def seen_steps(journeys: Iterable[Entry]) -> Facts:
    found: dict[str, dict[str, object]] = {}
    for journey in journeys:
        for step in journey["steps"]:
            if name_of(step) in BESIDE:
                continue
            key = f"{journey['need']['id']} {name_of(step)} {about(step)}".strip()
            times = int(str(found.get(key, {}).get("times", 0))) + 1
            found[key] = {**step["facts"], "cause": cause_of(step, journey), "times": times}
    return found


def order_facts(journeys: Iterable[Entry]) -> tuple[Facts, Facts]:
    """Steps are numbered as they happened, none before its cause, and whatever a rule decided names its version."""
    expected, seen = {}, {}
    for journey in journeys:
        need, steps = journey["need"]["id"], journey["steps"]
        expected[need] = {"numbered": True, "once": True, "in time": True, "after causes": True, "rules": True}
        seen[need] = {
            "numbered": [step["number"] for step in steps] == list(range(1, len(steps) + 1)),
            "once": len({step["event_id"] for step in steps}) == len(steps),
            "in time": all(first["at"] <= second["at"] for first, second in pairwise(steps)),
            "after causes": all(step["caused_by"] is None or step["caused_by"] < step["number"] for step in steps),
            "rules": all(step["facts"]["rule_version"] for step in steps if "rule" in step["facts"]),
        }
    return expected, seen


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    listed = product.all("evaluation", "journeys")
    needs = {need["id"]: need for need in product.all("needs", "needs")}
    journeys = product.each("evaluation", [f"journeys/{one['id']}" for one in listed])
    fields = ("employee_id", "competency", "cycle", "standard_level", "current_level")
    shown = {one["id"]: {name: one[name] for name in fields} for one in listed}
    yield "journeys", {id_: {name: need[name] for name in fields} for id_, need in needs.items()}, shown
    expected = Expected(product, journeys)
    expected.of_needs()
    expected.of_training()
    expected.of_mentoring()
    expected.of_evaluation()
    expected.of_follow_ups()
    yield (
        "journey steps",
        {key: fields for steps in expected.steps.values() for key, fields in steps.items()},
        seen_steps(journeys),
    )
    yield "journey order", *order_facts(journeys)
