"""What happens to people of the demo in a month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.demo import agency
from services.demo.agency import Register
from services.demo.careers import RETIRED, Month
from services.demo.dice import Dice
from services.needs.domain.people import ACTIVE, Employee
from services.needs.domain.positions import STRUCTURAL_CLASSES

TODAY = date(2025, 11, 22)
PEOPLE = 500


def month(people: dict[str, Employee], today: date, seed: int = 1) -> Month:
    heads = {
        person.unit_code: number
        for number, person in sorted(people.items())
        if person.position.position_class in STRUCTURAL_CLASSES and person.legal_status == ACTIVE
    }
    return Month(dice=Dice(seed), today=today, people=people, heads=heads)


def begun() -> dict[str, Employee]:
    found = agency.staff(PEOPLE, agency.units(PEOPLE), Register(Dice(1), TODAY, set()))
    return {person.employee_number: person for person in found}


def year(seed: int = 1) -> tuple[dict[str, Employee], list[list[Employee]]]:
    """The people after a year, and what changed in each month."""
    people, changed = begun(), []
    for number in range(12):
        months = TODAY.month - 1 + number
        changed.append(month(people, date(TODAY.year + months // 12, months % 12 + 1, 7), seed).changes())
    return people, changed


def test_year_sees_a_few_transfers_leaves_returns_and_retirements_a_month() -> None:
    before = begun()

    after, changed = year()

    statuses = [person.legal_status for month_ in changed for person in month_]
    assert 12 < len(statuses) < 200
    assert {"99", "01"} < set(statuses)
    assert {"02", "03"} & set(statuses)
    assert any(before[number].unit_code != after[number].unit_code for number in before)
    assert len(after) > len(before)


def test_same_seed_gives_the_same_year() -> None:
    assert year()[1] == year()[1]
    assert year()[1] != year(seed=2)[1]


def test_month_lived_through_twice_changes_nobody_again() -> None:
    people = begun()
    first = month(people, date(2025, 12, 7)).changes()

    assert first
    assert month(people, date(2025, 12, 7)).changes() == []


def test_head_who_retires_is_followed_by_somebody_who_leads_their_people() -> None:
    people = begun()
    young = next(n for n, p in people.items() if p.superior_number and p.position in agency.HEADS.values())
    old = f"1960{young[4:]}"
    below = {n for n, p in people.items() if p.superior_number == young}
    people |= {n: replace(people[n], superior_number=old) for n in below}
    people[old] = replace(people.pop(young), employee_number=old)

    for number in range(1, 13):
        if people[old].legal_status == ACTIVE:
            month(people, date(2026, number, 7)).changes()

    assert people[old].legal_status == RETIRED
    assert old not in {person.superior_number for person in people.values()}
    heirs = {n for n in below if people[n].position == people[old].position}
    assert len(heirs) == 1
    assert heirs <= {people[n].superior_number for n in below - heirs}
