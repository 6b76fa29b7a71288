"""A database that was restored to an older point: the log is ahead of it, and it must come to the same again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiokafka.errors import CommitFailedError

from shared.delivery.worker import group_of
from tests.faults.whole.scene import WholeScene
from tests.journeys.disturbances import read_again
from tests.waiting import wait_until

SERVICE = "mentoring"
WORK_BEFORE, WORK_AFTER = 60, 120
GROUP_SECONDS = 60.0
TOLD = "SELECT event_id FROM outbox"
RAISE_EPOCH = "UPDATE delivery_epoch SET epoch = epoch + 1"
"""What is told after a restore counts as newer than all that was told before it."""

FOLLOWED = "SELECT count(*) FROM requests"


async def database_restored_behind_the_log(scene: WholeScene) -> None:
    """The database of mentoring is lost, and an older copy takes its place: with its epoch raised and its group set
    back to the beginning of every topic, it takes what it misses and drops what it has.
    """
    whole = scene.whole
    await scene.acknowledged(WORK_BEFORE)
    parts = whole.of_service(SERVICE)
    for member in parts:
        await member.stop()
    await asyncio.to_thread(whole.back_up, SERVICE)
    kept = {event_id for (event_id,) in await whole.rows(SERVICE, TOLD)}
    [(before,)] = await whole.rows(SERVICE, FOLLOWED)
    for member in parts:
        member.start()
    await scene.acknowledged(WORK_AFTER)
    await wait_until(lambda: _more_requests(scene, before), within=60, description="requests after the backup")
    for member in parts:
        await member.murder()
    # What the lost database had told stands on the log and took effect elsewhere, and nobody can take that back.
    scene.forgotten.update(event_id for (event_id,) in await whole.rows(SERVICE, TOLD) if event_id not in kept)
    await asyncio.to_thread(whole.restore, SERVICE)
    await whole.execute(SERVICE, RAISE_EPOCH)
    again = await wait_until(
        lambda: _set_back(scene), within=GROUP_SECONDS, every=1.0, description="a group without members"
    )
    for member in parts:
        member.start()
    await whole.all_ready()
    scene.counts.update(events_told_and_forgotten=len(scene.forgotten), records_read_again=again)


async def _set_back(scene: WholeScene) -> int:
    """How many records wait again; 0 while the broker still holds the dead member to be in the group."""
    with suppress(CommitFailedError):
        return await read_again(scene.whole.broker.bootstrap, scene.whole.prefix, group_of(SERVICE))
    return 0


async def _more_requests(scene: WholeScene, before: int) -> bool:
    [(now,)] = await scene.whole.rows(SERVICE, FOLLOWED)
    return int(now) > before
