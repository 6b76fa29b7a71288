"""Processes of ours that die: at chosen steps of a command, and at random, again and again."""

from __future__ import annotations

from tests.faults.whole.scene import WholeScene
from tests.waiting import pause

EVERY_SECONDS = 2.0
KILLS = 50


async def everything_killed_at_random(scene: WholeScene) -> None:
    """kill -9 of web, worker or relay of any service, each two seconds, at whatever it does."""
    await kill_at_random(scene, KILLS)


async def kill_at_random(scene: WholeScene, kills: int) -> None:
    members = list(scene.whole.members.values())
    for _ in range(kills):
        await pause(EVERY_SECONDS)
        member = scene.chance.choice(members)
        await member.murder()
        member.start()
    scene.counts["killed"] = scene.counts.get("killed", 0) + kills
