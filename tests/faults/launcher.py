"""Runs one relay or worker of the real code, which kills itself at a chosen call of a chosen step.

``python -m tests.faults.launcher ROLE [STEP MOMENT NTH]``; settings come from the environment.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from typing import Any

from services.evaluation.handlers import HANDLERS
from shared import kafka
from shared.db import Database, Origin
from shared.delivery import relay
from shared.delivery.consumer import Consumer
from shared.delivery.relay import Relay
from shared.delivery.transport.kafka import KafkaSource
from shared.delivery.worker import Worker
from shared.directory import DIRECTORY_HANDLERS
from shared.settings import settings_for
from tests.faults.ailments import GROUP, STOPPING, ailing, bend_clock
from tests.faults.first_hop import watched
from tests.faults.plan import Death, Moment, Role

SMALL_BATCH = 20
OWNERS: dict[str, type] = {
    "fetch_batch": Relay,
    "send_batch": Relay,
    "mark_published": Relay,
    "poll": KafkaSource,
    "begin": Consumer,
    "handle": Consumer,
    "commit_db": Consumer,
    "commit_offsets": Worker,
}


def arm(death: Death, number: signal.Signals = signal.SIGKILL) -> None:
    """Have the process die at the step, as when its machine loses power; or stop there until it is let go on."""
    owner = OWNERS[death.step]
    real = getattr(owner, death.step)
    calls = 0

    async def deadly(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == death.nth and death.moment is Moment.BEFORE:
            os.kill(os.getpid(), number)
        answer = await real(*arguments)
        if calls == death.nth and death.moment is Moment.AFTER:
            os.kill(os.getpid(), number)
        return answer

    setattr(owner, death.step, deadly)


def loop_of(role: Role) -> Relay | Worker:
    """The relay of training or the worker of evaluation, as those services run them, in small batches."""
    settings = settings_for("training", "evaluation")
    transport = replace(kafka.transport(settings), batch=SMALL_BATCH)
    if role is Role.RELAY:
        relay.ROWS = relay.CHUNK = SMALL_BATCH
        training = Database(settings.database_url("training"), Origin(agency=settings.agency, service="training"))
        return Relay(training, transport)
    evaluation = Database(settings.database_url("evaluation"), Origin(agency=settings.agency, service="evaluation"))
    consumer = Consumer(evaluation, ailing(watched({**DIRECTORY_HANDLERS, **HANDLERS})), settings.accepted)
    return Worker(os.environ.get(GROUP, "evaluation"), consumer, transport)


async def run(role: Role) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await loop_of(role).run(stopping)


def main() -> None:
    role, *death = sys.argv[1:]
    bend_clock()
    if step := os.environ.get(STOPPING):
        place = Death(Role(role), step, Moment.BEFORE, 1)
        signal.signal(signal.SIGUSR2, lambda *_: arm(place, signal.SIGSTOP))
    if death:
        step, moment, nth = death
        arm(Death(Role(role), step, Moment(moment), int(nth)))
    asyncio.run(run(Role(role)))


if __name__ == "__main__":
    main()
