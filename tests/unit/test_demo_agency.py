"""The made-up agency: a tree, its heads, and people whose numbers belong to nobody."""

from __future__ import annotations

from datetime import date

import pytest

from services.demo import agency
from services.demo.agency import Register
from services.demo.dice import Dice
from services.needs.domain.employee_numbers import birth_date, oddities
from services.needs.domain.people import Employee, EmploymentType
from services.needs.domain.positions import PositionClass

TODAY = date(2025, 11, 22)


def staff(people: int, seed: int = 1) -> list[Employee]:
    return agency.staff(people, agency.units(people), Register(Dice(seed), TODAY, set()))


@pytest.mark.parametrize("people", [30, 500, 25_000])
def test_units_form_one_tree_and_each_stands_after_the_one_above_it(people: int) -> None:
    known: set[str | None] = {None}
    for unit in agency.units(people):
        assert unit.parent_code in known
        assert unit.code not in known
        known.add(unit.code)

    assert sum(unit.parent_code is None for unit in agency.units(people)) == 1
    assert len(known) - 1 == max(6, people // 12)


@pytest.mark.parametrize("people", [30, 500, 25_000])
def test_numbers_are_unique_regular_and_of_no_issued_serial(people: int) -> None:
    found = staff(people)

    assert len({person.employee_number for person in found}) == len(found) == people
    assert {person.employee_number[-3:] for person in found} == {"000"}
    assert [each for each in found if oddities(each.employee_number, each.employment_type)] == []
    ages = [TODAY.year - born.year for each in found if (born := birth_date(each.employee_number))]
    assert min(ages) >= 23
    assert max(ages) <= 58


def test_everybody_but_the_first_has_a_superior_who_heads_their_unit_or_the_one_above() -> None:
    found = staff(500)
    people = {person.employee_number: person for person in found}
    parents = {unit.code: unit.parent_code for unit in agency.units(500)}

    first, *others = found
    assert first.superior_number is None
    for person in others:
        superior = people[person.superior_number or ""]
        assert superior.unit_code in {person.unit_code, parents[person.unit_code]}
        assert superior.position in agency.HEADS.values()


def test_classes_and_kinds_of_employment_are_mixed() -> None:
    found = staff(500)

    assert {person.position.position_class for person in found} == set(PositionClass) - {PositionClass.JPT_UTAMA}
    assert {person.employment_type for person in found} == set(EmploymentType)


def test_same_seed_gives_the_same_people() -> None:
    assert staff(60) == staff(60)
    assert staff(60) != staff(60, seed=2)
