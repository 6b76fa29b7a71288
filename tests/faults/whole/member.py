"""One process of a service as it is really run, with faults sewn in: it dies or fails at chosen steps.

Imports nothing of the tests, so that it can be run beside the code of another version:
``python member.py ORDER`` with PYTHONPATH set to that version, the order as JSON.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text

from shared import idempotency
from shared.db import Database
from shared.delivery import relay
from shared.delivery.consumer import Consumer
from shared.delivery.relay import Relay
from shared.delivery.transport import Outgoing, Sender, Sent
from shared.delivery.transport.kafka import KafkaSource
from shared.delivery.worker import Worker
from shared.directory import DIRECTORY_HANDLERS
from shared.kafka import KafkaTransport
from shared.operate import installation
from shared.operate.service import run_service
from shared.runtime import Service
from shared.settings import Settings
from shared.web.requests import Commanding

SERVICES = ("needs", "training", "mentoring", "evaluation")
OWNERS: dict[str, Any] = {
    "fetch_batch": Relay,
    "send_batch": Relay,
    "mark_published": Relay,
    "poll": KafkaSource,
    "begin": Consumer,
    "handle": Consumer,
    "commit_db": Consumer,
    "commit_offsets": Worker,
    # A command: run is all of it up to its answer; once is what happens inside its transaction.
    "run": Commanding,
    "once": idempotency,
}
WITNESS = (
    "CREATE TABLE handled (nth bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, subject uuid, topic text,"
    " sequence bigint)"
)
BEAR_WITNESS = text(
    "INSERT INTO handled (event_id, subject, topic, sequence) SELECT * FROM unnest(CAST(:event_ids AS uuid[]),"
    " CAST(:subjects AS uuid[]), CAST(:topics AS text[]), CAST(:sequences AS bigint[]))"
)
PARENT_DIED = 1
"""PR_SET_PDEATHSIG: nothing outlives whoever runs the faults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to run: a service's command line in a folder with settings, and what goes wrong in it.

    death is (step, before or after, nth call); failures is the share of handler calls that fail, twice the share of
    records that are sent a second time, and seed what chooses them; batch bounds the records and rows taken at once;
    pool the connections of the process.
    """

    service: str
    arguments: list[str]
    settings: dict[str, str]
    folder: str
    log: str
    death: tuple[str, str, int] | None = None
    failures: float = 0.0
    twice: float = 0.0
    seed: str = ""
    batch: int | None = None
    pool: int | None = None
    witness: bool = True


def run(order: Order) -> None:
    """Become the process; ends with the exit code of the command line."""
    ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGKILL)
    os.setsid()
    os.chdir(order.folder)
    out = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(out, 1)
    os.dup2(out, 2)
    for name in [name for name in os.environ if name.startswith("BANGKOM_")]:
        del os.environ[name]
    os.environ.update(order.settings)
    sys.argv = [f"services.{order.service}", *order.arguments]
    run_service(_sewn(order))


def _sewn(order: Order) -> Service:
    service: Service = importlib.import_module(f"services.{order.service}.app").SERVICE
    if order.death is not None:
        die_at(*order.death)
    if order.batch is not None:
        take_at_most(order.batch)
    if order.twice:
        send_twice(order.twice, random.Random(order.seed))
    if order.pool is not None:
        give_connections(order.pool)
    if not order.witness:
        return service
    chance = random.Random(order.seed)
    handlers = {**DIRECTORY_HANDLERS, **service.handlers}
    return replace(
        service, handlers={contract: _watched(each, order.failures, chance) for contract, each in handlers.items()}
    )


def _watched(handler: Any, failures: float, chance: random.Random) -> Any:
    """The same handler, each event leaving a row in its transaction, and some calls failing as a lost server does."""

    async def witnessed(session: Any, events: list[Any]) -> None:
        columns = {
            "event_ids": [e.event_id for e in events],
            "subjects": [e.subject for e in events],
            "topics": [e.topic for e in events],
            "sequences": [e.sequence for e in events],
        }
        await session.execute(BEAR_WITNESS, columns)
        await handler(session, events)
        if chance.random() < failures:
            raise ConnectionError("sewn in")

    return witnessed


def die_at(step: str, moment: str, nth: int) -> None:
    """Have the process die before or after the nth call of the step, as when its machine loses power."""
    owner = OWNERS[step]
    real: Callable[..., Awaitable[Any]] = getattr(owner, step)
    calls = 0

    async def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        mine = calls == nth
        if mine and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await real(*arguments, **named)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(owner, step, deadly)


def take_at_most(count: int) -> None:
    """Make batches small, so that there are many of them and each step is called often."""
    relay.ROWS = relay.CHUNK = count
    real = KafkaTransport.open_source

    async def open_source(transport: KafkaTransport, group: str, topics: Sequence[str]) -> KafkaSource:
        return await real(replace(transport, batch=count), group, topics)

    setattr(KafkaTransport, "open_source", open_source)  # noqa: B010 a method is replaced on purpose


def send_twice(share: float, chance: random.Random) -> None:
    """Have the relay send again a share of what the log has confirmed, as one does that died before it noted that."""
    real = Relay.send_batch

    async def send_batch(relay: Relay, sender: Sender, rows: list[Outgoing]) -> Sent:
        sent = await real(relay, sender, rows)
        confirmed = set(sent.confirmed)
        await sender.send([row for row in rows if row.seq in confirmed and chance.random() < share])
        return sent

    setattr(Relay, "send_batch", send_batch)  # noqa: B010 a method is replaced on purpose


def give_connections(count: int) -> None:
    """Let the process have so few connections to its database that commands must wait for one."""
    real = installation.opened

    def opened(url: str, settings: Settings, service: str) -> AbstractAsyncContextManager[Database]:
        return real(url, settings, service, pool_size=count)

    setattr(installation, "opened", opened)  # noqa: B010 a function is replaced on purpose


if __name__ == "__main__":
    run(Order(**json.loads(sys.argv[1])))
else:
    # Loaded once and forked many times: a start costs milliseconds instead of seconds.
    for name in SERVICES:
        importlib.import_module(f"services.{name}.app")
