"""Level 3: score, cause, failed behaviours and re-measured levels from the forms (§3.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from .numbers import mean

SELF, SUPERIOR = "self", "superior"
LEAST_OTHERS = 3
WEAK = Fraction("2.60")
GOOD = Fraction("3.35")
WORST_SUPERIOR = 1
ENVIRONMENT = ("no_opportunity", "no_support")
# §3.4: of several causes the one that decides the kind comes first.
CAUSES = (*ENVIRONMENT, "not_mastered", "not_relevant")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One answered form: behaviours 1–4, a cause when something is not applied, the fitting level per competency."""

    role: str
    behaviours: Mapping[str, int]
    cause: str | None = None
    levels: Mapping[str, int] = field(default_factory=dict)


def _superiors(forms: Sequence[Form]) -> list[Form]:
    return [form for form in forms if form.role == SUPERIOR]


def _others(forms: Sequence[Form]) -> list[Form]:
    """Peers and subordinates; fewer than three are not looked at, neither for the score nor for the cause."""
    others = [form for form in forms if form.role not in (SELF, SUPERIOR)]
    return others if len(others) >= LEAST_OTHERS else []


def _pooled(forms: Sequence[Form]) -> Fraction:
    """Mean of all answers together, so a form with fewer answers weighs less (§3.4 "pooled mean")."""
    return mean([value for form in forms for value in form.behaviours.values()])


def score(forms: Sequence[Form]) -> Fraction | None:
    """Average of the superior's mean and the pooled mean of the others; None without the superior."""
    # §3.4 makes the superior's mean one half of the score: without it there is no score, however many others answered.
    superiors, others = _superiors(forms), _others(forms)
    if not superiors:
        return None
    halves = [_pooled(superiors)]
    return mean([*halves, _pooled(others)] if others else halves)


def superior_gave_worst(forms: Sequence[Form]) -> bool:
    return any(value == WORST_SUPERIOR for form in _superiors(forms) for value in form.behaviours.values())


def is_deficit(forms: Sequence[Form]) -> bool:
    """Score below 2.60, or any superior score 1."""
    value = score(forms)
    return value is not None and (value < WEAK or superior_gave_worst(forms))


def cause(forms: Sequence[Form]) -> str | None:
    """The cause that decides: named by the superior, or by others where three answered; never by the person."""
    # §3.4 "any": at any score; "self never counts" is taken for the cause as for the score.
    named = {form.cause for form in (*_superiors(forms), *_others(forms))}
    return next((one for one in CAUSES if one in named), None)


def failed_behaviours(forms: Sequence[Form]) -> list[str]:
    """Goals of coaching or mentoring: behaviours the superior gave 1, or that score below 2.60 by themselves."""
    found = []
    for name in sorted({name for form in _superiors(forms) for name in form.behaviours}):
        alone = [
            Form(role=form.role, behaviours={name: form.behaviours[name]}) for form in forms if name in form.behaviours
        ]
        if is_deficit(alone):
            found.append(name)
    return found


def remeasured_level(forms: Sequence[Form], competency: str) -> int | None:
    """Lower median of the fitting descriptions, self excluded; None without the superior's answer."""
    # §3.4 sets no least number of others here, unlike for the score: each one's description counts.
    if not any(competency in form.levels for form in _superiors(forms)):
        return None
    levels = sorted(form.levels[competency] for form in forms if form.role != SELF and competency in form.levels)
    return levels[(len(levels) - 1) // 2]


def verdict(forms: Sequence[Form]) -> dict[str, object]:
    """What level 3 says of one person after one activity."""
    value = score(forms)
    if value is None:
        word = "NOT_ENOUGH_DATA"
    elif is_deficit(forms):
        word = "NOT_EFFECTIVE"
    else:
        # §3.4: between weak and good no plan opens; the word for it is PARTLY.
        word = "EFFECTIVE" if value >= GOOD else "PARTLY"
    competencies = sorted({name for form in _superiors(forms) for name in form.levels})
    return {
        "verdict": word,
        "score": value,
        "cause": cause(forms),
        "levels": {name: remeasured_level(forms, name) for name in competencies},
        "failed": failed_behaviours(forms),
    }
