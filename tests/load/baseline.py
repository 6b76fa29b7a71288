"""The baseline: what FastStream's documents lead to, one event and one offset commit per transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from shared.db import Database
from shared.delivery.envelope import own_headers
from shared.events.training import TrainingCompleted
from shared.ids import new_id
from shared.tables import Inbox, Outbox
from tests.load.figures import Meter
from tests.load.place import Place
from tests.load.workload import TOPIC, CompletionRow, row_of, verdict_on


async def event_by_event(place: Place, database: Database, meter: Meter, group: str) -> None:
    """Handle events until the meter is done: at least once by the broker, once by the inbox."""
    engine = create_async_engine(database.url)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    broker = KafkaBroker(place.settings.kafka_bootstrap, logger=None)

    @broker.subscriber(
        place.settings.topic_prefix + TOPIC,
        group_id=group,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def on_training_completed(event: TrainingCompleted, message: KafkaMessage) -> None:
        event_id = UUID(message.headers["ce_id"])
        fresh = insert(Inbox).values(event_id=event_id).on_conflict_do_nothing().returning(Inbox.event_id)
        async with sessions() as session, session.begin():
            if await session.scalar(fresh) is None:
                return
            session.add(CompletionRow(**row_of(event)))
            session.add(_outbox_row(event, cause=event_id))
        meter.add(1)

    try:
        await broker.start()
        await meter.done.wait()
    finally:
        await broker.stop()
        await engine.dispose()


def _outbox_row(event: TrainingCompleted, cause: UUID) -> Outbox:
    verdict = verdict_on(event)
    own = own_headers(type(verdict), verdict.subject, causation=str(cause), correlation=event.subject)
    return Outbox(
        event_id=new_id(),
        topic=verdict.topic,
        key=str(verdict.subject),
        headers=own | {"ce_time": datetime.now(UTC).isoformat()},
        value=verdict.model_dump_json().encode(),
    )
