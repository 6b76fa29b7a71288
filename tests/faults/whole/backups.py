"""A database that was restored to an older point: the log is ahead of it, and it must come to the same again."""

from __future__ import annotations

import asyncio

from tests.faults.whole.scene import WholeScene
from tests.waiting import wait_until

SERVICE = "mentoring"
WORK_BEFORE, WORK_AFTER = 60, 120
GROUP_SECONDS = 60.0
TOLD = "SELECT event_id FROM outbox"
FOLLOWED = "SELECT count(*) FROM requests"


async def database_restored_behind_the_log(scene: WholeScene) -> None:
    """The database of mentoring is lost, and an older copy takes its place: the operators' command `restored` refuses
    as long as the dead worker counts as a reader; then all topics are read again, and what is there is dropped.
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
    await wait_until(lambda: _goes_on(scene), within=GROUP_SECONDS, every=1.0, description="a group without members")
    again = (await whole.lag([SERVICE]))[SERVICE]
    scene.must(again > 0, "nothing is to be read again")
    for member in parts:
        member.start()
    await whole.all_ready()
    scene.counts.update(events_told_and_forgotten=len(scene.forgotten), records_read_again=again)


async def _goes_on(scene: WholeScene) -> bool:
    """Whether the command was carried out, which the runbook names for a database restored from a backup."""
    return await asyncio.to_thread(scene.whole.try_command, SERVICE, "restored", "--yes") == 0


async def _more_requests(scene: WholeScene, before: int) -> bool:
    [(now,)] = await scene.whole.rows(SERVICE, FOLLOWED)
    return int(now) > before
