"""Processes of ours that die: at chosen steps of a command, and at random, again and again."""

from __future__ import annotations

import signal

from tests.faults.whole.scene import WholeScene
from tests.waiting import pause, wait_until

EVERY_SECONDS = 2.0
KILLS = 45
LATEST_CALL = 5
DEATH_SECONDS = 60.0
REPLAYED_SECONDS = 30.0
ASKED = ("needs", "training", "evaluation")
COMMAND_STEPS = (("run", "before"), ("once", "after"), ("run", "after"))
"""Before the transaction; with everything flushed and nothing committed; committed and not answered yet."""


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
    scene.counts["killed"] = scene.counts.get("killed", 0) + kills


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
            scene.counts["killed_in_command"] = scene.counts.get("killed_in_command", 0) + 1
    await wait_until(
        lambda: len(scene.sender.replayed) >= len(ASKED),
        within=REPLAYED_SECONDS,
        description="an answer from memory for each commit without answer",
    )
    for command, answer in scene.sender.replayed[: len(ASKED)]:
        again = await scene.sender.answer_again(command)
        scene.must(again == answer, f"another answer at the next sending of {command.kind} {command.token}")
