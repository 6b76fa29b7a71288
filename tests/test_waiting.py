"""Waiting ends with the condition's answer, or says what it waited for."""

import asyncio

import pytest

from tests.waiting import wait_until


async def test_wait_until_returns_answer_of_plain_condition() -> None:
    answers = iter([None, 0, 7])

    assert await wait_until(lambda: next(answers), every=0.001) == 7


async def test_wait_until_lets_other_tasks_work() -> None:
    arrived: list[str] = []

    async def has_arrived() -> list[str]:
        return arrived

    asyncio.get_running_loop().call_later(0.02, arrived.append, "letter")

    assert await wait_until(has_arrived, every=0.001) == ["letter"]


async def test_wait_until_names_condition_that_never_holds() -> None:
    def the_letter_is_there() -> bool:
        return False

    with pytest.raises(AssertionError, match=r"the_letter_is_there.*last: False"):
        await wait_until(the_letter_is_there, within=0.01, every=0.001)


async def test_wait_until_shows_source_of_lambda() -> None:
    letters: list[str] = []

    with pytest.raises(AssertionError, match=r"lambda: len\(letters\) > 2"):
        await wait_until(lambda: len(letters) > 2, within=0.01, every=0.001)


async def test_wait_until_prefers_given_description() -> None:
    with pytest.raises(AssertionError, match="the letter has arrived"):
        await wait_until(lambda: None, within=0.01, every=0.001, description="the letter has arrived")
