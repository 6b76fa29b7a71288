"""Other stories than the tests': ``python -m tests.model consumer --seed 7``, and what fails made short by --shrink."""

from __future__ import annotations

import argparse
import random

from tests.model.stories import EXAMPLES, STORIES, play


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("story", choices=sorted(STORIES))
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--shrink", action="store_true", help="look for the shortest story that fails, some minutes")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)  # noqa: T201 whoever sees a failure needs it
    play(arguments.story, examples=arguments.examples, seed=arguments.seed, shrink=arguments.shrink)


if __name__ == "__main__":
    main()
