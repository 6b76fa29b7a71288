"""What operators do about the outbox: see what is owed and refused, and send the archive once more."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import func, text

from shared.delivery.relay import Relay
from shared.delivery.transport import Transport
from shared.events.evaluation import FollowUpClosed
from shared.ids import new_id
from shared.operate import outbox as commands
from shared.operate.outbox import outbox
from shared.tables import Outbox, RefusedKey
from tests.conformance.stage import closed, running
from tests.integration.operate.office import Office
from tests.waiting import wait_until


async def test_outbox_tells_what_waits_and_which_keys_are_refused(office: Office) -> None:
    kept = {"event_id": new_id(), "topic": "bangkom.evaluation", "key": "kunci-1", "headers": {}}
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add_all([Outbox(**kept), Outbox(**kept, published_at=func.clock_timestamp())])
    waiting = await office.operate(outbox)
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add(RefusedKey(topic="bangkom.evaluation", key="kunci-1", seq=1, reason="MessageSizeTooLargeError"))
    refused = await office.operate(outbox)
    released = await office.operate(outbox, "--release")

    assert (waiting.exit_code, refused.exit_code, released.exit_code) == (0, 1, 0)
    assert waiting.output.startswith("evaluation\tbelum terkirim 1\ttertua ")
    assert "evaluation\tditolak\tbangkom.evaluation\tkunci-1\t1\tMessageSizeTooLargeError\n" in refused.output
    assert "ditolak" not in released.output
    assert await office.acts() == ["refused_keys_released"]


async def archive(office: Office, *days: str, topic: str = "bangkom.evaluation", service: str = "evaluation") -> None:
    """Have a service emitted and sent an event at noon UTC of each day, in this order."""
    async with office.database(service) as database, database.transaction() as session:
        for day in days:
            noon = datetime.fromisoformat(f"{day}T12:00:00+00:00")
            session.add(_row(topic, created_at=noon, published_at=noon))
            await session.flush()


def _row(topic: str, **columns: Any) -> Outbox:
    return Outbox(event_id=new_id(), topic=topic, key=str(new_id()), headers={}, **columns)


async def owed(office: Office, service: str = "evaluation") -> list[str]:
    """The days of the events that wait to be sent, in the order of the relay."""
    rows = text("SELECT created_at::date::text FROM outbox WHERE published_at IS NULL ORDER BY seq")
    async with office.database(service) as database, database.session() as session:
        return list((await session.execute(rows)).scalars())


async def test_archive_is_owed_again_from_a_moment_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "CHUNK", 2)
    days = [f"2026-03-{day:02}" for day in range(1, 8)]
    await archive(office, *days)

    answer = await office.operate(outbox, "republish", "--since", "2026-03-04")

    assert (answer.exit_code, answer.output) == (0, "evaluation\tdikirim ulang 4\n")
    assert await owed(office) == days[3:]
    assert await office.acts() == ["outbox_republished"]


async def test_moment_is_the_agencys_unless_it_names_a_zone(office: Office) -> None:
    await archive(office, "2026-03-04")

    late = await office.operate(outbox, "republish", "--since", "2026-03-04T19:01")
    late_in_utc = await office.operate(outbox, "republish", "--since", "2026-03-04T12:01:00Z")
    in_time = await office.operate(outbox, "republish", "--since", "2026-03-04T19:00:00+07:00")

    assert [each.output for each in (late, late_in_utc, in_time)] == [
        "evaluation\tdikirim ulang 0\n",
        "evaluation\tdikirim ulang 0\n",
        "evaluation\tdikirim ulang 1\n",
    ]


async def test_archive_of_one_topic_is_owed_by_who_publishes_it(offices: Office) -> None:
    await archive(offices, "2026-03-04")
    await archive(offices, "2026-03-05", topic="bangkom.mentoring", service="mentoring")

    one = await offices.operate(outbox, "republish", "--topic", "bangkom.mentoring")
    foreign = await offices.operate(outbox, "republish", "--topic", "bangkom.training")
    elsewhere = await offices.operate(outbox, "republish", "--service", "payroll")
    unknown = await offices.operate(outbox, "republish", "--topic", "bangkom.payroll")

    assert one.output == "mentoring\tdikirim ulang 1\n"
    assert [answer.exit_code for answer in (one, foreign, elsewhere, unknown)] == [0, 2, 2, 2]
    assert (await owed(offices), await owed(offices, "mentoring")) == ([], ["2026-03-05"])


async def test_outbox_is_told_to_programs_too(office: Office) -> None:
    async with office.database("evaluation") as database, database.transaction() as session:
        session.add(_row("bangkom.evaluation"))
        session.add(RefusedKey(topic="bangkom.evaluation", key="kunci-1", seq=1, reason="MessageSizeTooLargeError"))

    answer = await office.operate(outbox, "--json")

    (told,) = orjson.loads(answer.output)
    assert (answer.exit_code, told["service"], told["unpublished"]) == (1, "evaluation", 1)
    assert told["refused"] == [
        {"topic": "bangkom.evaluation", "key": "kunci-1", "seq": 1, "reason": "MessageSizeTooLargeError"}
    ]


async def test_archive_fills_a_log_that_came_back_empty(office: Office, log: Transport) -> None:
    subjects = [new_id() for _ in range(3)]
    async with office.database("evaluation") as database:
        await office.emit(database, *(closed(subject, number) for number in (1, 2) for subject in subjects))
        async with database.transaction() as session:
            await session.execute(text("UPDATE outbox SET published_at = clock_timestamp()"))

        answer = await office.operate(outbox, "republish")
        async with running(Relay(database, log)):
            cycles = await _read_cycles(log, 2 * len(subjects))

    assert answer.output == "evaluation\tdikirim ulang 6\n"
    assert cycles == {subject: [1, 2] for subject in subjects}
    assert await owed(office) == []


async def _read_cycles(log: Transport, count: int) -> dict[UUID, list[int]]:
    """What a newcomer reads of the topic: the number in every event, by subject, in the order of the log."""
    found: dict[UUID, list[int]] = {}

    async def enough() -> bool:
        for record in await source.poll():
            event = FollowUpClosed.model_validate_json(record.value or b"")
            found.setdefault(event.subject, []).append(event.cycle)
        return sum(len(cycles) for cycles in found.values()) >= count

    source = await wait_until(lambda: log.open_source(f"newcomer-{new_id()}", ["bangkom.evaluation"]), within=30)
    try:
        await wait_until(enough, within=30)
    finally:
        await source.close()
    return found
