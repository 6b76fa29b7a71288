"""Commits whose outcome nobody learns: the server has committed, and its answer is lost on the way."""

from __future__ import annotations

from tests.faults.whole.outages import lead_through, to_postgres
from tests.faults.whole.proxy import Proxy
from tests.faults.whole.scene import WholeScene
from tests.waiting import wait_until

COMMIT = b"COMMIT;"
LOST_EACH = 5
ONE_OF = 7
LOSING_SECONDS = 90.0
ASKED = ("needs", "training", "evaluation")


async def answer_to_commit_lost(scene: WholeScene) -> None:
    """The connection to PostgreSQL breaks after COMMIT was carried out and before its answer: who asked is told that
    it is not known, and asks again under the same key.
    """
    scene.sender.gives_up = 0.0
    proxies = [await scene.stack.enter_async_context(Proxy(lambda: to_postgres(scene)).open()) for _ in ASKED]
    for service, proxy in zip(ASKED, proxies, strict=True):
        for part in ("web", "worker"):
            await lead_through(scene, service, part, proxy)
    await scene.whole.all_ready()
    for proxy in proxies:
        proxy.lose = lambda piece: COMMIT in piece and scene.chance.randrange(ONE_OF) == 0
    await wait_until(
        lambda: all(proxy.lost >= LOST_EACH for proxy in proxies), within=LOSING_SECONDS, description="lost answers"
    )
    for proxy in proxies:
        proxy.lose = lambda _: False
    scene.counts["commits_without_answer"] = sum(proxy.lost for proxy in proxies)
    scene.must(not scene.sender.statuses.get(500), f"{scene.sender.statuses.get(500)} answers with 500")
    await wait_until(lambda: scene.sender.replayed, within=30, description="an answer from memory")
