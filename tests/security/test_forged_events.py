"""Forged events: a type on a topic that is not its publisher's, an agency we do not know, another's source."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from services.embedded import SERVICES
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record, Unreadable, read
from shared.directory import DIRECTORY_HANDLERS
from shared.events.catalogue import CONTRACTS, TOPIC_PUBLISHER, TOPICS
from shared.events.contract import Event
from shared.ids import new_id
from tests.conftest import MakeDatabase
from tests.records import record_of

OURS = frozenset({"medan"})
TABLES = text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
KEEPING = {"held_records", "parked_keys", "inbox"}


def example(contract: type[Event], agency: str = "medan") -> Record:
    return record_of(contract.model_validate(contract.example), agency=agency)


def from_source(contract: type[Event], source: str) -> Record:
    good = example(contract)
    headers = [(name, value) for name, value in good.headers if name != "ce_source"]
    return replace(good, headers=[*headers, ("ce_source", source.encode())])


@pytest.mark.parametrize("contract", CONTRACTS)
def test_type_is_believed_on_the_topic_of_its_publisher_only(contract: type[Event]) -> None:
    record = example(contract)

    believed = [topic for topic in TOPICS if reason_against(replace(record, topic=topic)) is None]

    assert believed == [contract.topic]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_source_is_believed_of_the_topics_publisher_and_an_accepted_agency_only(contract: type[Event]) -> None:
    publisher = TOPIC_PUBLISHER[contract.topic]
    forged = [f"/medan/{other}" for other in set(TOPIC_PUBLISHER.values()) - {publisher}]

    reasons = {reason_against(from_source(contract, s)) for s in (*forged, f"/kupang/{publisher}", "", publisher)}

    assert reasons == {"forged_source"}
    assert reason_against(example(contract, agency="kupang")) == "unknown_agency"


def reason_against(record: Record) -> str | None:
    try:
        read(record, new_id(), OURS)
    except Unreadable as refusal:
        return refusal.reason
    return None


@pytest.mark.parametrize("service", SERVICES)
async def test_forged_events_change_nothing_but_the_dead_letters(service: str, make_database: MakeDatabase) -> None:
    built = SERVICES[service]
    database = await make_database(service=service, lineages=built.lineages)
    handlers = {**DIRECTORY_HANDLERS, **built.handlers}
    before = await rows(database)
    forged = [
        record
        for contract in handlers
        for record in (
            example(contract, agency="kupang"),
            from_source(contract, "/medan/penipu"),
            replace(example(contract), topic=next(topic for topic in TOPICS if topic != contract.topic)),
        )
    ]

    await Consumer(database, handlers, OURS).take(forged)

    async with database.session() as session:
        held = (await session.execute(text("SELECT reason, count(*) FROM held_records GROUP BY 1"))).all()
    assert await rows(database) == before
    # Behind a forged record its key waits; examples of one subject stand behind each other.
    assert sum(count for _, count in held) == len(forged)
    assert {reason for reason, _ in held} <= {"unknown_agency", "forged_source", "forged_type", "behind"}


async def rows(database: Database) -> dict[str, list[str]]:
    async with database.session() as session:
        names = set((await session.execute(TABLES)).scalars()) - KEEPING
        return {
            n: list((await session.execute(text(f'SELECT t::text FROM "{n}" t ORDER BY 1'))).scalars()) for n in names
        }
