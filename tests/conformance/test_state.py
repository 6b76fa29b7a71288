"""State topics: the newest record of a subject stands, whatever order and condition the others come in."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from sqlalchemy import text

from shared.db import Database
from shared.delivery import outbox
from shared.directory import DIRECTORY_HANDLERS
from shared.events.reference import UnitRecorded
from shared.ids import new_id
from tests.conformance.logs import Foreign, cloud_event
from tests.conformance.stage import Receiver, Stage, running
from tests.waiting import wait_until


def unit(subject: UUID, name: str) -> UnitRecorded:
    return UnitRecorded(unit_id=subject, code="1.04", name=name)


def recorded(subject: UUID, name: str, sequence: int) -> Foreign:
    return cloud_event(unit(subject, name), sequence=str(sequence).encode())


def removed(subject: UUID, sequence: int) -> Foreign:
    return replace(recorded(subject, "-", sequence), value=None)


async def names(database: Database) -> dict[UUID, str]:
    async with database.session() as session:
        rows = await session.execute(text("SELECT id, name FROM directory_units"))
        return {row.id: row.name for row in rows}


async def directory(stage: Stage) -> Receiver:
    receiver = await stage.receiver()
    receiver.also = DIRECTORY_HANDLERS
    return receiver


async def test_tombstone_removes_what_was_recorded(stage: Stage) -> None:
    needs, receiver = await stage.publisher("needs"), await directory(stage)
    kept, gone = new_id(), new_id()

    async with running(stage.relay(needs), receiver.worker()):
        async with needs.transaction() as session:
            outbox.record_all(session, [unit(kept, "Dinas Kesehatan"), unit(gone, "Dinas Pasar")])

        async def both() -> bool:
            return len(await names(receiver.database)) == 2

        await wait_until(both, within=20)
        async with needs.transaction() as session:
            outbox.record_tombstone(session, UnitRecorded, gone)

        async def one() -> bool:
            return len(await names(receiver.database)) == 1

        await wait_until(one, within=20)

    assert await names(receiver.database) == {kept: "Dinas Kesehatan"}


async def test_older_record_never_replaces_a_newer_one(stage: Stage) -> None:
    receiver, subject = await directory(stage), new_id()

    await receiver.take(recorded(subject, "baru", 20), recorded(subject, "lama", 10))
    after_older = await names(receiver.database)
    await receiver.take(recorded(subject, "terbaru", 21))

    assert after_older == {subject: "baru"}
    assert await names(receiver.database) == {subject: "terbaru"}


async def test_removed_subject_comes_back_by_a_newer_record_only(stage: Stage) -> None:
    receiver, subject = await directory(stage), new_id()

    await receiver.take(recorded(subject, "awal", 10), removed(subject, 20))
    await receiver.take(recorded(subject, "terlambat", 15))
    after_older = await names(receiver.database)
    await receiver.take(recorded(subject, "kembali", 30), removed(subject, 25))

    assert after_older == {}
    assert await names(receiver.database) == {subject: "kembali"}


async def test_record_of_a_restored_publisher_counts_as_newer(stage: Stage) -> None:
    needs, receiver, subject = await stage.publisher("needs"), await directory(stage), new_id()
    await receiver.take(recorded(subject, "sebelum", 10**6))
    async with needs.transaction() as session:
        await session.execute(text("UPDATE delivery_epoch SET epoch = 1"))
        outbox.record(session, unit(subject, "sesudah"))

    await stage.carry(needs)
    await receiver.take()

    assert await names(receiver.database) == {subject: "sesudah"}


async def test_broken_record_never_stops_the_next(stage: Stage) -> None:
    receiver, subject = await directory(stage), new_id()
    broken = replace(recorded(subject, "-", 11), value=b'{"unit_id": 7}')
    bare = Foreign(topic="bangkom.reference", key=str(subject), value=None)

    await receiver.take(recorded(subject, "lama", 10), broken, bare, recorded(subject, "baru", 12))

    assert await names(receiver.database) == {subject: "baru"}
    assert [status for status, *_ in await receiver.held()] == ["DEAD"]


async def test_replay_of_a_broken_record_does_not_undo_a_newer_one(stage: Stage) -> None:
    receiver, subject = await directory(stage), new_id()
    stale = replace(recorded(subject, "lama", 11), value=unit(subject, "lama").model_dump_json().encode()[:-1])
    await receiver.take(stale, recorded(subject, "baru", 12))
    async with receiver.database.transaction() as session:
        await session.execute(
            text("UPDATE held_records SET value = :value"), {"value": unit(subject, "lama").model_dump_json().encode()}
        )
    ((held_id,),) = await receiver.held("id")

    replayed = await receiver.consumer().replay(held_id)

    assert replayed
    assert await names(receiver.database) == {subject: "baru"}
    assert await receiver.held() == []
