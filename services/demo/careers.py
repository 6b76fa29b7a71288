"""How people of the demo come, move, rest and go: as an agency records it, once a month."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date

from services.demo import agency
from services.demo.dice import Dice
from services.demo.stage import Stage
from services.needs import queries
from services.needs.commands import lock_master_data, record_employees
from services.needs.domain.employee_numbers import birth_date
from services.needs.domain.people import ACTIVE, Employee, EmploymentType
from services.needs.domain.positions import STRUCTURAL_CLASSES, Position

UNPAID_LEAVE, STUDY, RETIRED = "02", "03", "99"
RETIREMENT_AGE = 58
HALF_OF_MONTH = 15


async def change(stage: Stage) -> int:
    """Record what happened to people in a month; nothing on the opening day, and nobody twice on one day."""
    if stage.opening or stage.today.day > HALF_OF_MONTH:
        return 0
    async with stage.transaction() as session:
        await lock_master_data(session)
        recorded = await queries.recorded_employees(session)
        units = await queries.recorded_units(session)
        codes = {unit.id: code for code, unit in units.items()}
        numbers = {known.id: number for number, known in recorded.items()}
        heads = {codes[unit.id]: numbers[unit.head_id] for unit in units.values() if unit.head_id in numbers}
        people = {number: known.employee for number, known in recorded.items()}
        changed = Month(dice=stage.dice, today=stage.today, people=people, heads=heads).changes()
        await record_employees(session, changed)
    return len(changed)


@dataclass(slots=True, kw_only=True)
class Month:
    """One month of a staff; heads go from unit to employee number."""

    dice: Dice
    today: date
    people: dict[str, Employee]
    heads: dict[str, str]
    _leaders: AbstractSet[str | None] = field(init=False, default=frozenset())

    def changes(self) -> list[Employee]:
        """Everybody who is recorded differently at its end."""
        before = dict(self.people)
        self._leaders = {*self.heads.values(), *(each.superior_number for each in before.values())}
        for number in sorted(before):
            person = self.people[number]
            if person.valid_from != self.today:
                self._live(number, person)
        self._welcome()
        return [person for number, person in self.people.items() if before.get(number) != person]

    def _live(self, number: str, person: Employee) -> None:
        if person.legal_status in {UNPAID_LEAVE, STUDY}:
            if self._falls(0.3, "returns", number):
                self._put(number, legal_status=ACTIVE)
        elif person.legal_status != ACTIVE:
            return
        elif self._is_old(person) and self._falls(0.7, "retires", number):
            self._put(number, legal_status=RETIRED)
            self._succeed(number, person)
        elif number in self._leaders:
            return
        elif self._falls(0.0025, "leave", number):
            self._put(number, legal_status=self.dice.pick((UNPAID_LEAVE, STUDY), "why", number, self.today))
        elif self._falls(0.004, "transfer", number):
            self._transfer(number, person)
        elif self._falls(0.002, "superior", number):
            self._put(number, superior_number=self._other_superior(person))

    def _falls(self, share: float, what: str, number: str) -> bool:
        return self.dice.chance(share, what, number, self.today)

    def _put(self, number: str, **changes: object) -> None:
        self.people[number] = replace(self.people[number], valid_from=self.today, **changes)  # type: ignore[arg-type]

    def _is_old(self, person: Employee) -> bool:
        born = birth_date(person.employee_number)
        if born is None or person.employment_type.by_agreement:
            return False
        return (self.today.year - born.year) * 12 + self.today.month - born.month >= RETIREMENT_AGE * 12

    def _transfer(self, number: str, person: Employee) -> None:
        """To another unit below its head; half of them into another position."""
        unit = self.dice.pick(sorted(self.heads), "where", number, self.today)
        position = person.position
        if self._falls(0.5, "another position", number):
            holders = [each.position for each in self._staff_of(unit)]
            position = self.dice.pick(holders or [position], "what", number, self.today)
        self._put(number, unit_code=unit, superior_number=self.heads[unit], position=position)

    def _other_superior(self, person: Employee) -> str | None:
        """The next higher one, who takes the person over; whoever stands below nobody else keeps theirs."""
        above = self.people.get(person.superior_number or "")
        return above.superior_number if above and above.superior_number else person.superior_number

    def _succeed(self, number: str, person: Employee) -> None:
        """Somebody of the unit follows a head who goes; without anybody, the next superior has their people."""
        below = [n for n, each in self.people.items() if each.superior_number == number]
        able = [
            n
            for n in below
            if self.people[n].employment_type is EmploymentType.PNS
            and self.people[n].legal_status == ACTIVE
            and self.people[n].unit_code == person.unit_code
            and self.people[n].position.position_class not in STRUCTURAL_CLASSES
        ]
        heads = self.heads.get(person.unit_code) == number
        heir = self.dice.pick(sorted(able), "heir", number) if able and heads else None
        if heir:
            self._put(heir, position=person.position, superior_number=person.superior_number)
            self.heads[person.unit_code] = heir
        elif heads:
            del self.heads[person.unit_code]
        for each in below:
            if each != heir:
                above = heir or person.superior_number
                self.people[each] = replace(self.people[each], superior_number=above)

    def _staff_of(self, unit: str) -> Iterator[Employee]:
        for person in self.people.values():
            if person.unit_code == unit and person.position.position_class not in STRUCTURAL_CLASSES:
                yield person

    def _welcome(self) -> None:
        """A few are new each quarter."""
        if self.today.month % 3 or not self.heads:
            return
        drawn = agency.Register(self.dice, self.today, set())
        for number in range(max(1, len(self.people) // 250)):
            index = int(f"{self.today:%Y%m}{number:03}")
            unit = self.dice.pick(sorted(self.heads), "joins", index)
            title, position_class = self.dice.pick(agency.STAFF, "as", index)
            position = Position(title=title, position_class=position_class)
            person = drawn.person(index, unit, position, self.heads[unit])
            self.people.setdefault(person.employee_number, replace(person, valid_from=self.today))
