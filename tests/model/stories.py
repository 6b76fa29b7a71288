"""The two machines, and how long they try: always the same stories, or others by a seed."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.model.consumer_story import ConsumerStory
from tests.model.place import Place, place
from tests.model.receiver import EFFECTS
from tests.model.relay_story import RelayStory, in_small_rounds

STEPS = 30
EXAMPLES = 25

Machine = Callable[[Place], RuleBasedStateMachine]
STORIES: dict[str, tuple[Machine, str, tuple[str, ...]]] = {
    "consumer": (ConsumerStory, "evaluation", (EFFECTS,)),
    "relay": (RelayStory, "training", ()),
}
"""The machine of each, the service whose database it needs, and the tables it has there."""


def play(name: str, *, examples: int = EXAMPLES, seed: int | None = None, shrink: bool = False) -> None:
    """Try stories; a failure names its steps, after minutes of shrinking the fewest that fail."""
    machine, service, tables = STORIES[name]
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        derandomize=seed is None,
        deadline=None,
        database=None,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        suppress_health_check=list(HealthCheck),
    )
    with place(service, *tables) as found, in_small_rounds():

        def begin() -> RuleBasedStateMachine:
            return machine(found)

        story = begin if seed is None else hypothesis.seed(seed)(begin)
        run_state_machine_as_test(story, settings=settings)  # type: ignore[arg-type]
