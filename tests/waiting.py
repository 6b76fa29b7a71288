"""The one place where tests wait: for a condition, with a deadline."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def wait_until(
    condition: Callable[[], Awaitable[T | None]], within: float = ..., every: float = ..., *, description: str = ...
) -> T: ...
@overload
async def wait_until(
    condition: Callable[[], T | None], within: float = ..., every: float = ..., *, description: str = ...
) -> T: ...
async def wait_until(
    condition: Callable[[], object], within: float = 10.0, every: float = 0.05, *, description: str = ""
) -> object:
    """Ask the condition, sync or async, until its answer is true, and return that answer."""
    deadline = time.monotonic() + within
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {within} s: {description or _describe(condition)} (last: {answer!r})")
        await pause(every)


async def pause(seconds: float) -> None:
    """Let other tasks work for a moment."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


def _describe(condition: Callable[..., object]) -> str:
    """The docstring, the name, or for a lambda the line that wrote it."""
    if condition.__doc__:
        return condition.__doc__.strip()
    name = getattr(condition, "__qualname__", repr(condition))
    if "<lambda>" not in name:
        return name
    try:
        return inspect.getsource(condition).strip()
    except OSError:
        return name
