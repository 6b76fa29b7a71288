"""How what people of the demo wait for becomes classes: who sits with whom, in which form."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter, itemgetter
from typing import TypeVar
from uuid import UUID

from services.demo.catalogue import SEATS, Offer, offer_of
from services.demo.dice import Dice
from services.training.commands import Newcomer

TURN = 0.45
"""Share of competencies for which classes of a kind are called today."""
FEW = 5
"""As many fill a class of the form they asked for; fewer are taught together with those who asked for a like form."""
FEWEST = 4
"""Fewer than that wait, until their patience is over."""
KINDS = (
    frozenset({1, 2, 3, 5, 6, 8, 11, 12, 13}),
    frozenset({4, 7, 9}),
    frozenset({16, 17}),
    frozenset({10, 18, 19, 20, 21, 22, 23, 24, 25}),
)
"""Forms that are like each other: courses, meetings, at a distance, at work."""
REMEDIAL_FORMS = (8, 11, 12, 17, 24)
_MANY = 2**32

K = TypeVar("K", str, int, tuple[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one person waits for in one competency: what the plan asks, a follow-up, or both."""

    employee_id: UUID
    employee_number: str
    competency: str
    form: int
    plan_item_id: UUID | None
    follow_up_id: UUID | None
    patience_over: bool

    @property
    def demand_ids(self) -> set[UUID]:
        return {each for each in (self.plan_item_id, self.follow_up_id) if each is not None}

    def newcomer(self, application: str | None) -> Newcomer:
        """The seat that is asked for."""
        return Newcomer(
            employee_id=self.employee_id,
            plan_item_id=self.plan_item_id,
            follow_up_id=self.follow_up_id,
            application=application,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One class to be called; number tells it from others of its programme."""

    offer: Offer
    wishes: Sequence[Wish]
    number: int = 0


def calls_of(wishes: Sequence[Wish], dice: Dice, today: date) -> list[Call]:
    """The classes that are called today: for follow-ups at once, for the plan in turns. Nobody gets two seats."""
    taken: set[UUID] = set()
    again = _free([wish for wish in wishes if wish.follow_up_id], taken)
    planned = _by([wish for wish in wishes if not wish.follow_up_id], lambda each: (each.competency, _kind(each.form)))
    turns = [(of, each) for of, each in planned if dice.chance(TURN, "turn", *of, today)]
    turns.sort(key=lambda turn: (dice.between(0, _MANY, "order", *turn[0], today), turn[0]))
    calls: list[Call] = []
    few: list[Wish] = []
    for (competency, _), waiting in turns:
        rest: list[Wish] = []
        for form, each in _by([wish for wish in waiting if wish.employee_id not in taken], attrgetter("form")):
            if len(each) >= FEW:
                calls += _classes(offer_of(form, competency), _free(each, taken))
            else:
                rest += each
        if len(rest) >= FEWEST:
            calls += _classes(offer_of(_most_wished(rest), competency), _free(rest, taken))
        else:
            few += [wish for wish in rest if wish.patience_over]
    return _joined(calls, [*again, *_free(few, taken)], dice, today)


def _joined(calls: list[Call], wishes: Sequence[Wish], dice: Dice, today: date) -> list[Call]:
    """Let people into a class that is called for their competency anyhow, else call one for them."""
    for competency, each in _by(wishes, attrgetter("competency")):
        rooms = [at for at, call in enumerate(calls) if call.offer.competency == competency]
        at = min(rooms, key=lambda room: len(calls[room].wishes), default=None)
        if at is not None and len(calls[at].wishes) + len(each) <= SEATS:
            calls[at] = replace(calls[at], wishes=[*calls[at].wishes, *each])
            continue
        again = any(wish.follow_up_id for wish in each)
        form = dice.pick(REMEDIAL_FORMS, "form of remedial", competency, today) if again else _most_wished(each)
        known = [call.number for call in calls if call.offer == offer_of(form, competency)]
        calls += _classes(offer_of(form, competency), each, first=len(known))
    return calls


def _kind(form: int) -> int:
    return next(at for at, forms in enumerate(KINDS) if form in forms)


def _most_wished(wishes: Iterable[Wish]) -> int:
    """The form that most of them ask for; the first of those that are asked for alike."""
    counted = Counter(wish.form for wish in wishes)
    return min(counted, key=lambda form: (-counted[form], form))


def _by(wishes: Iterable[Wish], key: Callable[[Wish], K]) -> list[tuple[K, list[Wish]]]:
    found: dict[K, list[Wish]] = defaultdict(list)
    for wish in wishes:
        found[key(wish)].append(wish)
    return sorted(found.items(), key=itemgetter(0))


def _free(wishes: Iterable[Wish], taken: set[UUID]) -> list[Wish]:
    """Those whose person has no seat by now; from here on they have one."""
    free = []
    for wish in wishes:
        if wish.employee_id not in taken:
            taken.add(wish.employee_id)
            free.append(wish)
    return free


def _classes(offer: Offer, wishes: Sequence[Wish], first: int = 0) -> Iterator[Call]:
    """As many classes as are needed, about as large as each other."""
    number = -(-len(wishes) // SEATS)
    for each in range(number):
        yield Call(offer=offer, wishes=wishes[each::number], number=first + each)
