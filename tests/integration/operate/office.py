"""An installation of small services for the operators' commands: they take scores down, and break where told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from click.testing import CliRunner, Result
from fastapi import APIRouter
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit
from shared.db import Database
from shared.delivery import outbox as emission
from shared.delivery.consumer import Consumer, Handlers, NotYet
from shared.delivery.envelope import Received, Record
from shared.directory import DIRECTORY_HANDLERS
from shared.events.contract import Event
from shared.events.training import LearningMeasured
from shared.ids import new_id
from shared.operate.installation import Log, opened
from shared.runtime import Service
from shared.settings import Settings
from shared.tables import HeldRecord
from tests.records import record_of

NAME = "Siti Rahmawati"


@dataclass
class Office:
    """An installation of services that take scores down, each with its database.

    Broken, they fail; incomplete, they lack a row and defer.
    """

    settings: Settings
    urls: dict[str, str]
    log: Log
    broken: bool = False
    incomplete: bool = False
    services: Mapping[str, Service] = field(init=False)

    def __post_init__(self) -> None:
        handlers: Handlers = {LearningMeasured: self._take_down}
        self.services = {
            name: Service(name=name, title=name, summary="", folder=Path(), router=APIRouter(), handlers=handlers)
            for name in self.urls
        }

    async def _take_down(self, session: AsyncSession, events: list[Received[LearningMeasured]]) -> None:
        if self.broken:
            raise RuntimeError(NAME)
        if self.incomplete:
            raise NotYet(*events)
        scores = [{"subject": event.subject, "score": event.data.post_score} for event in events]
        await session.execute(text("INSERT INTO scores (subject, score) VALUES (:subject, :score)"), scores)

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        async with opened(self.urls[service], self.settings, service) as database:
            yield database

    def identity(self) -> Any:
        return self.database(next(iter(self.urls)))

    @asynccontextmanager
    async def transport(self) -> AsyncIterator[Log]:
        yield self.log

    async def take(self, *records: Record, service: str = "evaluation") -> None:
        """Let a service take records as its worker would."""
        async with self.database(service) as database:
            await self.consumer(database).take(records)

    def consumer(self, database: Database) -> Consumer:
        handlers = self.services[database.origin.service].handlers
        return Consumer(database, {**DIRECTORY_HANDLERS, **handlers}, frozenset({"medan"}))

    async def emit(self, database: Database, *events: Event) -> None:
        """Emit events with one transaction."""
        async with database.transaction() as session:
            emission.record_all(session, events)

    async def scores(self, service: str = "evaluation") -> list[tuple[UUID, int]]:
        async with self.database(service) as database, database.session() as session:
            rows = await session.execute(text("SELECT subject, score FROM scores ORDER BY nth"))
            return [(subject, score) for subject, score in rows]

    async def held(self, service: str = "evaluation") -> list[HeldRecord]:
        async with self.database(service) as database, database.session() as session:
            return list(await session.scalars(select(HeldRecord).order_by(HeldRecord.id)))

    async def acts(self, service: str = "evaluation") -> list[str]:
        """What the audit log says was done."""
        async with self.database(service) as database, database.session() as session:
            return list(await session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.id)))

    async def operate(self, command: click.Command, *words: str, typed: str = "") -> Result:
        """Run a command as the operator's program does."""
        return await asyncio.to_thread(CliRunner().invoke, command, words, input=typed, obj=self)


async def make_scores_table(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("CREATE TABLE scores (nth int GENERATED ALWAYS AS IDENTITY, subject uuid, score int)")
        )


def dsn_of(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def measured(subject: UUID, score: int) -> Record:
    others = {"class_id": new_id(), "program_id": new_id(), "employee_id": new_id()}
    return record_of(LearningMeasured(enrolment_id=subject, post_score=score, max_score=100, **others))


async def park(office: Office, *records: Record, service: str = "evaluation") -> int:
    """Have a fault of the handlers park the first record, and the others of its key behind it; gives its number."""
    office.broken = True
    await office.take(*records, service=service)
    office.broken = False
    return (await office.held(service))[0].id
