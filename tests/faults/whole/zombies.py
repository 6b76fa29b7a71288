"""Processes that stand still until others count them as gone, and then go on."""

from __future__ import annotations

import signal

from aiokafka import TopicPartition

from tests.faults.campaign import SESSION_SECONDS, TAKEN_OVER_SECONDS
from tests.faults.whole.scene import WholeScene
from tests.waiting import wait_until

PUBLISHER, TAKER = "training", "evaluation"
WORK_BEFORE, WORK_MEANWHILE = 20, 20
TRANSACTION_SECONDS = 60.0
"""How long a server bears with a transaction that stands still."""

LAST_TOLD = "SELECT coalesce(max(seq), 0) FROM outbox"
OWED_UP_TO = "SELECT count(*) FROM outbox WHERE published_at IS NULL AND seq <= {last}"


async def stopped_past_session_and_lock(scene: WholeScene) -> None:
    """SIGSTOP of a worker for longer than its session and of a relay for longer than its lock, at work: a second one
    of each takes over; SIGCONT: the first ones find out and do no harm.
    """
    whole = scene.whole
    for service, part in ((PUBLISHER, "relay"), (TAKER, "worker")):
        second = whole.add_second(service, part)
        whole.members[service, second].start()
    await whole.all_ready()
    await scene.acknowledged(WORK_BEFORE)
    stopped = [whole.members[PUBLISHER, "relay"], whole.members[TAKER, "worker"]]
    for member in stopped:
        member.signal(signal.SIGSTOP)
    await scene.acknowledged(WORK_MEANWHILE)
    [(last,)] = await whole.rows(PUBLISHER, LAST_TOLD)
    await wait_until(
        lambda: _published(scene, last), within=TAKEN_OVER_SECONDS, every=0.5, description="another relay takes over"
    )
    ends = await whole.log_ends(TAKER)
    # Where it stands in a transaction, the second one waits for its rows until the server ends that.
    within = SESSION_SECONDS + TRANSACTION_SECONDS
    await wait_until(lambda: _taken(scene, ends), within=within, every=0.5, description="another worker takes over")
    for member in stopped:
        member.signal(signal.SIGCONT)
    await whole.all_ready()
    await scene.acknowledged(WORK_MEANWHILE)
    scene.counts["stopped"] = len(stopped)


async def _published(scene: WholeScene, last: int) -> bool:
    """Whether the log has everything that the publisher had told up to that event."""
    [(owed,)] = await scene.whole.rows(PUBLISHER, OWED_UP_TO.format(last=int(last)))
    return int(owed) == 0


async def _taken(scene: WholeScene, ends: dict[TopicPartition, int]) -> bool:
    """Whether the group of the taker is as far as the topics were."""
    done = await scene.whole.committed(TAKER)
    return all(done.get(partition, 0) >= end for partition, end in ends.items())
