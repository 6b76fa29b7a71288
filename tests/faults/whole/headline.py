"""Many events through training and evaluation while everything goes wrong at once: what is lost, doubled, mixed up?"""

from __future__ import annotations

import json
import signal
from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle

from tests.faults.stage import Stage
from tests.faults.supervisor import ROOT
from tests.faults.whole.checker import broken, summary
from tests.faults.whole.evidence import gather
from tests.faults.whole.generator import working
from tests.faults.whole.people import People
from tests.faults.whole.processes import Member
from tests.faults.whole.scene import Counts, WholeScene, opened
from tests.waiting import pause, wait_until

EVENTS = 100_000
KILLS_PER_EVENT = 56 / EVENTS
FEWEST_KILLS = 6
SEWN: dict[str, dict[str, float]] = {"worker": {"failures": 0.1}, "relay": {"twice": 0.2}}
"""A tenth of the handler calls fails, a fifth of the records is sent twice."""

BATCH = 500
SEATS, SHORT_SEATS = 400, 40
REST_SECONDS = 0.05
EVENTS_OF_A_SEAT = 5
"""Told of each seat, without its verdict and what follows from that."""

LOWEST_SCORE = 66
EVERY_SECONDS = 2.0
OUTAGE_SECONDS = 10.0
TOLD_SECONDS, DRAIN_SECONDS = 600.0, 900.0
TWO = ("training", "evaluation")
TOLD = "SELECT count(*) FROM outbox"
ENDS = ROOT / "build" / "headline-ends.jsonl"
PROMISES = {"lost": "I1", "double": "I2", "ghosts": "I3", "out_of_order": "I4"}


async def headline(name: str, stage: Stage) -> tuple[list[str], Counts]:
    """Events through two services while web, worker, relay and broker are killed with -9 again and again, a fifth of
    the records is sent twice, a tenth of the handler calls fails in passing, and the broker is away once.
    """
    short = stage.events < EVENTS
    async with opened(stage, name, batch=BATCH, sewn=SEWN) as scene:
        people = scene.people
        people.seats, people.lowest = (SHORT_SEATS if short else SEATS), LOWEST_SCORE
        turns = cycle(scene.whole.members[service, part] for service in TWO for part in ("web", "worker", "relay"))
        pace = Pace(events=stage.events, kills=max(FEWEST_KILLS, round(stage.events * KILLS_PER_EVENT)))
        async with working((*[partial(pace.hold_class, people)] * 2, people.confirm), lambda: REST_SECONDS):
            while pace.killed < pace.kills:
                await _kill(next(turns))
                pace.killed += 1
                if pace.killed == pace.kills // 2:
                    await _broker_away(scene)
            await wait_until(lambda: _enough(scene, stage.events), within=TOLD_SECONDS, every=1.0)
        await scene.whole.drained(DRAIN_SECONDS)
        scene.counts["events_of_two_services"] = await _told(scene)
        scene.counts.update(_killed(scene))
        await scene.whole.stop_all()
        found = await gather(scene.whole, scene.sender.history.path)
        findings = [*scene.findings, *broken(found)]
        counts = scene.counts | summary(found)
        for what, promise in PROMISES.items():
            counts[what] = sum(finding.startswith(promise) for finding in findings)
        return findings, counts


@dataclass(slots=True, kw_only=True)
class Pace:
    """Work goes on in step with the kills, so that each falls into some and little is left to do after the last."""

    events: int
    kills: int
    killed: int = 0
    seats: int = 0

    async def hold_class(self, people: People) -> None:
        """Another class, unless so much has been told as the kills up to now allow."""
        if self.killed < self.kills and self.seats * EVENTS_OF_A_SEAT > self.events * (self.killed + 1) / self.kills:
            await pause(EVERY_SECONDS / 10)
            return
        self.seats += people.seats
        await people.hold_class()


async def _kill(member: Member) -> None:
    await pause(EVERY_SECONDS)
    await member.murder()
    member.start()


async def _broker_away(scene: WholeScene) -> None:
    scene.whole.kill_broker()
    await pause(OUTAGE_SECONDS)
    await scene.broker.start()


async def _enough(scene: WholeScene, events: int) -> bool:
    return await _told(scene) >= events


async def _told(scene: WholeScene) -> int:
    """Events that the two services have told."""
    return sum([(await scene.whole.rows(service, TOLD))[0][0] for service in TWO])


def _killed(scene: WholeScene) -> Counts:
    ends = [end for end in scene.whole.ends if end.code == -signal.SIGKILL]
    ENDS.parent.mkdir(exist_ok=True)
    ENDS.write_text("".join(json.dumps(asdict(end)) + "\n" for end in ends), encoding="utf-8")
    kinds = Counter(end.name.split()[-1] for end in ends)
    return {"killed": len(ends), **{f"killed_{kind}": count for kind, count in sorted(kinds.items())}}
