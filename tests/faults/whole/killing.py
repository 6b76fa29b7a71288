"""Processes of ours that die: at chosen steps of a command, and at random, again and again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence

from tests.faults.plan import Death, Moment, Role, places
from tests.faults.whole.scene import WholeScene
from tests.waiting import pause, wait_until

EVERY_SECONDS = 2.0
KILLS = 45
LATEST_CALL = 5
DEATH_SECONDS = 60.0
REPLAYED_SECONDS = AGAIN_SECONDS = 30.0
ASKED = ("needs", "training", "evaluation")
COMMAND_STEPS = (("run", "before"), ("once", "after"), ("run", "after"))
"""Before the transaction; with everything flushed and nothing committed; committed and not answered yet."""

TAKING = ("evaluation", "training")
COMMITTED = (("commit_db", Moment.AFTER), ("commit_offsets", Moment.BEFORE), ("commit_offsets", Moment.AFTER))
"""Where a worker has done its work and the log may not know: what it has taken comes again."""

DUPLICATES = "bangkom_events_duplicate_total"


async def everything_killed_at_random(scene: WholeScene) -> None:
    """kill -9 of web, worker or relay of any service, each two seconds, at whatever it does."""
    await kill_at_random(scene, KILLS)


async def kill_at_random(scene: WholeScene, kills: int) -> None:
    """Kill so many processes under load, each started again at once."""
    members = list(scene.whole.members.values())
    for _ in range(kills):
        await pause(EVERY_SECONDS)
        member = scene.chance.choice(members)
        await member.murder()
        member.start()
    _count(scene, "killed", kills)


async def web_killed_at_each_step(scene: WholeScene) -> None:
    """kill -9 of the web process of three services in a command: before its transaction, with all flushed and nothing
    committed, and committed but not answered; who asked asks again under the same key.
    """
    scene.sender.gives_up = 0.0
    for service in ASKED:
        for step, moment in COMMAND_STEPS:
            web = scene.whole.members[service, "web"]
            await web.murder()
            web.start_once((step, moment, scene.chance.randint(1, LATEST_CALL)))
            code = await web.ended(DEATH_SECONDS)
            scene.must(code == -signal.SIGKILL, f"{web.name} ended with {code}")
            web.start()
            _count(scene, "killed_in_command", 1)
    await wait_until(
        lambda: len(scene.sender.replayed) >= len(ASKED),
        within=REPLAYED_SECONDS,
        description="an answer from memory for each commit without answer",
    )
    for command, answer in scene.sender.replayed[: len(ASKED)]:
        again = await scene.sender.answer_again(command)
        scene.must(again == answer, f"another answer at the next sending of {command.kind} {command.token}")


async def worker_killed_at_each_step(scene: WholeScene) -> None:
    """kill -9 of the worker of two services before and after each step of taking a batch: what was taken and not told
    to the log comes again, and the inbox knows it.
    """
    plans = {service: _deaths(scene) for service in TAKING}
    await asyncio.gather(*(_die(scene, service, plan) for service, plan in plans.items()))


def _deaths(scene: WholeScene) -> list[Death]:
    """Every place to die at, in an order by chance."""
    everywhere = places(Role.WORKER)
    return [
        Death(Role.WORKER, step, moment, scene.chance.randint(1, LATEST_CALL))
        for step, moment in scene.chance.sample(everywhere, len(everywhere))
    ]


async def _die(scene: WholeScene, service: str, plan: Sequence[Death]) -> None:
    """Have the worker of a service die as planned, one process after the other; the last one stays."""
    worker = scene.whole.members[service, "worker"]
    await worker.murder()
    for death in plan:
        worker.start_once((death.step, death.moment, death.nth))
        code = await worker.ended(DEATH_SECONDS)
        scene.must(code == -signal.SIGKILL, f"{worker.name} ended with {code} and not at {death}")
        _count(scene, "killed_in_batch", 1)
        if (death.step, death.moment) in COMMITTED:
            await _know_again(scene, service)
    worker.start()


async def _know_again(scene: WholeScene, service: str) -> None:
    """Let the next process of a worker live until its inbox has known what the one before it had taken."""
    worker = scene.whole.members[service, "worker"]
    worker.start()
    twice = await wait_until(
        lambda: scene.whole.figure(service, "worker", DUPLICATES),
        within=AGAIN_SECONDS,
        description=f"what {worker.name} had taken comes again",
    )
    _count(scene, "records_taken_twice", round(twice))
    await worker.murder()


def _count(scene: WholeScene, what: str, more: int) -> None:
    scene.counts[what] = scene.counts.get(what, 0) + more
