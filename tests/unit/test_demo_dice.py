"""Chance in the demo repeats and is spread evenly."""

from collections import Counter
from datetime import date

from services.demo.dice import Dice


def test_dice_fall_the_same_for_the_same_seed_and_words() -> None:
    words = ("19800101 200001 1 000", 8, date(2026, 3, 14))

    assert Dice(1).between(1, 10**9, *words) == Dice(1).between(1, 10**9, *words)
    assert Dice(1).between(1, 10**9, *words) != Dice(2).between(1, 10**9, *words)


def test_dice_tell_words_apart_that_read_the_same_together() -> None:
    assert Dice(1).between(1, 10**9, "a", "bc") != Dice(1).between(1, 10**9, "ab", "c")


def test_chance_falls_for_about_its_share() -> None:
    dice = Dice(7)

    assert 2_850 <= sum(dice.chance(0.3, "learns", number) for number in range(10_000)) <= 3_150
    assert not any(dice.chance(0.0, number) for number in range(100))
    assert all(dice.chance(1.0, number) for number in range(100))


def test_between_and_pick_reach_every_value_about_as_often() -> None:
    dice = Dice(7)

    numbers = Counter(dice.between(3, 5, number) for number in range(3_000))
    picked = Counter(dice.pick("xyz", number) for number in range(3_000))

    assert numbers.keys() == {3, 4, 5}
    assert picked.keys() == {"x", "y", "z"}
    assert min(*numbers.values(), *picked.values()) > 900
