"""What participants of the demo's classes are like: how well they learn, how reliably they come, what they score."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.demo.dice import Dice

FULL_MARK = 100
ILL_ALL_DAYS = 0.015
MISSES_ONE = 0.015
LISTED_THOUGH_ABSENT = 0.15
NOT_LISTED_THOUGH_PRESENT = 0.012
COMES_LATE_TO_THE_FIRST_TEST = 0.06
LEAVES_BEFORE_THE_LAST_TEST = 0.03
NEVER_TESTED_LATER = 0.3
FAILS_AGAIN = 0.4
LOWEST_GAIN = 41
USELESS, TAKEN_BY_USELESS = 0.05, 42


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """One seat as chance sees it: stable facts only. edition tells a revised programme from what it was before."""

    dice: Dice
    employee_number: str
    competency: str
    program: str
    edition: int
    starts_on: date
    remedial: bool

    @property
    def _seat(self) -> tuple[str, str, date]:
        return self.employee_number, self.program, self.starts_on

    def present(self, sessions: int) -> dict[int, bool]:
        """Who really was there, by number of the session."""
        ill = self.dice.chance(ILL_ALL_DAYS, "ill", *self._seat)
        return {
            number: not ill and not self.dice.chance(MISSES_ONE, "misses", *self._seat, number)
            for number in range(1, sessions + 1)
        }

    def listed_wrongly(self, sessions: int) -> bool:
        """Whether the list says of this person the opposite of what was, until somebody objects."""
        share = NOT_LISTED_THOUGH_PRESENT if any(self.present(sessions).values()) else LISTED_THOUGH_ABSENT
        return self.dice.chance(share, "listed wrongly", *self._seat)

    def listed(self, sessions: int) -> dict[int, bool]:
        """What the list says, by number of the session."""
        real = self.present(sessions)
        return {number: not any(real.values()) for number in real} if self.listed_wrongly(sessions) else real

    def first_test(self) -> int | None:
        """The score before the class; None who came too late for it."""
        if self.dice.chance(COMES_LATE_TO_THE_FIRST_TEST, "no first test", *self._seat):
            return None
        return self._knew

    def last_test(self, sessions: int) -> int | None:
        """The score after the class; None who was not there any more."""
        left = self.dice.chance(LEAVES_BEFORE_THE_LAST_TEST, "no last test", *self._seat)
        return None if left or not any(self.present(sessions).values()) else self.learned

    @property
    def takes_test_later(self) -> bool:
        """Whether somebody who missed the last test makes up for it."""
        return not self.dice.chance(NEVER_TESTED_LATER, "never tested", *self._seat)

    @property
    def learned(self) -> int:
        """The score that the person reaches after the class. Who is taught again has a chance of their own."""
        if self.remedial:
            if self.dice.chance(FAILS_AGAIN, "fails again", *self._seat):
                return self.dice.between(48, 69, "score again", *self._seat)
            return self.dice.between(70, 92, "score again", *self._seat)
        gain = LOWEST_GAIN + self._aptitude * 6 // 10 + self._quality + self.dice.between(-15, 15, "gain", *self._seat)
        missing = FULL_MARK - self._knew
        return min(FULL_MARK, FULL_MARK - missing + missing * gain // FULL_MARK)

    @property
    def _knew(self) -> int:
        return 20 + self._aptitude // 2 + self.dice.between(-8, 8, "before", *self._seat)

    @property
    def _aptitude(self) -> int:
        """0 to 100, most in the middle: the person's talent, and a little how the competency lies to the person."""
        words = ("talent", self.employee_number)
        talent = sum(self.dice.between(0, FULL_MARK, *words, part) for part in range(3)) // 3
        affinity = self.dice.between(0, FULL_MARK, "affinity", self.employee_number, self.competency)
        return (2 * talent + affinity) // 3

    @property
    def _quality(self) -> int:
        """What the programme itself adds or takes; some teach next to nothing until they are revised."""
        if self.edition == 1 and self.dice.chance(USELESS, "useless", self.program):
            return -TAKEN_BY_USELESS
        return self.dice.between(-8, 8, "quality", self.program, self.edition)
