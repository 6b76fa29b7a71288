"""Level 3 of a year: figure, verdict, causes and re-measured level of every closed review from its answers (§3.4)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from .behaviour import CAUSES, GOOD, LEAST_OTHERS, WEAK, WORST_SUPERIOR
from .comparison import Facts
from .numbers import cut, mean
from .product import Entry, Product

SUPERIOR = "SUPERIOR"
OTHERS = ("PEER", "SUBORDINATE")
CLOSED, ANSWERED = "CLOSED", "ANSWERED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What counts of one review: the superior's form, and the others' together where three answered."""

    superior: Mapping[str, int] = field(default_factory=dict)
    superior_level: int | None = None
    own_causes: frozenset[str] = frozenset()
    others: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    others_levels: Mapping[int, int] = field(default_factory=dict)
    others_causes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, review: Entry) -> "Answers":
        # §3.4 leaves self out of the score; why something is not applied the person may say, too.
        signed = review["signed"]
        own: dict[str, object] = {"own_causes": frozenset(form["cause"] for form in signed if form["cause"])}
        for form in signed:
            if form["role"] == SUPERIOR:
                own |= {"superior": form["scores"], "superior_level": form["level"]}
        pooled = review["others_answers"]
        if pooled is not None:
            own |= {
                "others": {item: (count, total) for item, (count, total) in pooled["scores"].items()},
                "others_levels": {int(level): count for level, count in pooled["levels"].items()},
                "others_causes": pooled["causes"],
            }
        return cls(**own)  # type: ignore[arg-type]

    @property
    def score(self) -> Fraction | None:
        """Average of the superior's mean and the pooled mean of the others; None without the superior."""
        if not self.superior:
            return None
        halves = [mean(list(self.superior.values()))]
        if self.others:
            total = sum(total for _, total in self.others.values())
            halves.append(Fraction(total, sum(count for count, _ in self.others.values())))
        return mean(halves)

    @property
    def failed(self) -> list[str]:
        # §3.4 speaks of failed behaviours without a mark of their own: those that the superior gave the worst.
        return sorted(item for item, value in self.superior.items() if value == WORST_SUPERIOR)

    @property
    def is_deficit(self) -> bool:
        return self.score is not None and (self.score < WEAK or bool(self.failed))

    @property
    def verdict(self) -> str:
        if self.score is None:
            return "NOT_ENOUGH_DATA"
        if self.is_deficit:
            return "NOT_EFFECTIVE"
        return "EFFECTIVE" if self.score >= GOOD else "PARTLY"

    @property
    def causes(self) -> list[str]:
        """Every cause that was named, the deciding one first."""
        named = {*self.own_causes, *self.others_causes}
        return [cause.upper() for cause in CAUSES if cause.upper() in named]

    @property
    def level(self) -> int | None:
        """Lower median with the superior among them; others from three, as for the score, so that none is told."""
        if self.superior_level is None:
            return None
        levels = [self.superior_level]
        for level, count in self.others_levels.items():
            levels += [level] * count
        return sorted(levels)[(len(levels) - 1) // 2]


def of_review(review: Entry) -> dict[str, object]:
    answers = Answers.of(review)
    return {
        "verdict": answers.verdict,
        "figure": None if answers.score is None else cut(answers.score),
        "level": answers.level,
        "causes": sorted(answers.causes),
        "failed": answers.failed,
    }


def _seen(review: Entry) -> dict[str, object]:
    return {
        "verdict": review["verdict"],
        "figure": review["figure"],
        "level": review["level"],
        "causes": sorted(review["causes"]),
        "failed": sorted(review["failed_items"]),
    }


def who_answered(reviews: Iterable[Entry], forms: Iterable[Entry]) -> tuple[Facts, Facts]:
    """The answers behind a review are those of its answered forms: peers and subordinates pooled from three on."""
    roles: dict[str, list[str]] = {}
    for form in forms:
        if form["review_id"] is not None and form["status"] == ANSWERED:
            roles.setdefault(form["review_id"], []).append(form["role"])
    expected, seen = {}, {}
    for review in reviews:
        answered = roles.get(review["id"], [])
        others = sum(role in OTHERS for role in answered)
        expected[review["id"]] = {
            "signed": sorted(role for role in answered if role not in OTHERS),
            "others": others if others >= LEAST_OTHERS else None,
        }
        seen[review["id"]] = {
            "signed": sorted(form["role"] for form in review["signed"]),
            "others": review["others"],
        }
    return expected, seen


def evaluation_facts(reviews: Iterable[Entry], evaluations: Iterable[Entry]) -> tuple[Facts, Facts]:
    """Every closed review has one conclusion that says the same."""
    expected = {f"{one['activity_kind']} {one['activity_id']}": _conclusion(of_review(one)) for one in reviews}
    seen = {
        f"{one['activity_kind']} {one['activity_id']}": _conclusion(one) for one in evaluations if one["level"] == 3
    }
    return expected, seen


def _conclusion(found: Mapping[str, object]) -> dict[str, object]:
    return {"verdict": found["verdict"], "figure": found["figure"]}


def closed_reviews(product: Product) -> list[Entry]:
    closed = [one["id"] for one in product.all("evaluation", "reviews") if one["status"] == CLOSED]
    return product.each("evaluation", [f"reviews/{id_}" for id_ in closed])


def compared(product: Product) -> Iterator[tuple[str, Facts, Facts]]:
    reviews = closed_reviews(product)
    yield "level 3", {one["id"]: of_review(one) for one in reviews}, {one["id"]: _seen(one) for one in reviews}
    yield "level 3 answers", *who_answered(reviews, product.all("evaluation", "forms"))
    yield "level 3 conclusions", *evaluation_facts(reviews, product.all("evaluation", "evaluations"))
