"""What the campaign tries on delivery alone: new stories of the models, and load-bearing lines reversed in a copy."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from tests.faults.mutants import MUTANTS, Mutant
from tests.faults.stage import Stage
from tests.faults.supervisor import ROOT
from tests.model.stories import STORIES

Outcome = tuple[list[str], dict[str, int]]
"""Which promises were broken, and what was counted."""
Fault = Callable[[Stage], Awaitable[Outcome]]

STORY_EXAMPLES = 200
PARTS = ("services", "shared", "tests", "pyproject.toml")
LAST_LINES = 30
SUCCEEDED, FAILED = 0, 1
"""How pytest ends; anything else means that it could not run the test."""

_green: set[str] = set()


async def try_story(name: str, stage: Stage) -> Outcome:
    """Any story of the model, other ones with each seed."""
    words = ["-m", "tests.model", name, "--seed", str(stage.seed), "--examples", str(STORY_EXAMPLES)]
    ended_with, output = await _run(ROOT, {}, *words)
    return [] if ended_with == 0 else [_end_of(output)], {"stories": STORY_EXAMPLES}


async def try_mutant(mutant: Mutant, stage: Stage) -> Outcome:
    """The test is green on a copy of the tree, and red on a copy in which the line is reversed."""
    environment = {"BANGKOM_TEST_POSTGRES": stage.postgres.embedded.dsn("postgres")}
    if mutant.told_by not in _green:
        ended_with, output = await _test(_copy(stage.folder / "unchanged"), environment, mutant)
        if ended_with != SUCCEEDED:
            return [f"{mutant.told_by} fails on the unchanged tree: {_end_of(output)}"], {}
        _green.add(mutant.told_by)
    tree = _copy(stage.folder / "changed")
    mutant.plant(tree)
    ended_with, output = await _test(tree, environment, mutant)
    if ended_with != FAILED:
        return [f"{mutant.told_by} does not tell it (ends with {ended_with}): {_end_of(output)}"], {}
    return [], {"tests that failed": sum(int(count) for count in re.findall(r"(\d+) failed", output.splitlines()[-1]))}


def _copy(tree: Path) -> Path:
    """The parts of our tree that tests need, with what Python has compiled of them."""
    tree.mkdir()
    for part in PARTS:
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tree / part)
    return tree


async def _test(tree: Path, environment: Mapping[str, str], mutant: Mutant) -> tuple[int, str]:
    return await _run(
        tree, environment, "-m", "pytest", "-q", "-x", "--tb=short", "-p", "no:cacheprovider", mutant.told_by
    )


async def _run(tree: Path, environment: Mapping[str, str], *words: str) -> tuple[int, str]:
    """Run Python in a tree; returns how it ended and what it said. It ends when nobody waits for it any more."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=tree,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, output.decode(errors="replace")


def _end_of(output: str) -> str:
    return "\n".join(output.splitlines()[-LAST_LINES:])


def _story(name: str) -> Fault:
    async def fault(stage: Stage) -> Outcome:
        return await try_story(name, stage)

    fault.__doc__ = f"{STORY_EXAMPLES} stories of the {name}, other ones with each seed, held against a model."
    return fault


def _reversal(mutant: Mutant) -> Fault:
    async def fault(stage: Stage) -> Outcome:
        return await try_mutant(mutant, stage)

    fault.__doc__ = (
        f"Reversed in a copy of {mutant.file}: {mutant.told_by.rpartition('::')[2]} is red there, green here."
    )
    return fault


KERNEL_FAULTS: dict[str, Fault] = {
    **{f"model: any story of the {name}": _story(name) for name in STORIES},
    **{f"mutant: {mutant.reversal}": _reversal(mutant) for mutant in MUTANTS},
}
