"""Cases of needs brought to a stage by commands, and what then stands in the database."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from services.needs.app import SERVICE
from services.needs.commands.analysis import analyse_needs
from services.needs.commands.needs import validate_needs, verify_needs
from services.needs.commands.plan import DecreeEntry, Proposal, confirm_decree, enter_decree, propose_items
from services.needs.domain.plan import Particulars
from services.needs.tables import PlanItemRow
from shared.db import Database
from shared.delivery.consumer import Consumer
from shared.delivery.envelope import Record
from shared.identity.actor import Actor, Role
from shared.ids import new_id
from tests.integration.agency import Office, assess, needs
from tests.records import Emitted, emitted

TODAY = date(2026, 6, 1)
CYCLE = 2026
ANALYST, SECOND = (Actor(id=UUID(int=n), kind="ACCOUNT", roles=frozenset({Role.ANALYST})) for n in (8, 9))


async def take(database: Database, *records: Record) -> Sequence[Emitted]:
    """Take one batch; returns what it made the service say."""
    before = len(await emitted(database))
    await Consumer(database, SERVICE.handlers, frozenset({"medan"})).take(records)
    return (await emitted(database))[before:]


async def find(database: Database, *people: UUID, level: int = 1) -> list[UUID]:
    """The needs of people whose level is too low, in their order."""
    for person in people:
        await assess(database, person, level)
    async with database.transaction() as session:
        await analyse_needs(session, ANALYST, CYCLE, None)
    found = {row.employee_id: row.id for row in await needs(database)}
    return [found[person] for person in people]


async def validate(database: Database, office: Office, *need_ids: UUID) -> None:
    head = Actor(id=new_id(), kind="ACCOUNT", roles=frozenset({Role.EMPLOYEE}), employee_id=office.head)
    async with database.transaction() as session:
        await verify_needs(session, head, need_ids)
        await validate_needs(session, ANALYST, need_ids)


async def plan(database: Database, office: Office, *need_ids: UUID, form: int = 8) -> list[UUID]:
    """Items of the plan for needs, fixed."""
    items, decree_id = await submit(database, office, *need_ids, form=form)
    async with database.transaction() as session:
        await confirm_decree(session, SECOND, decree_id)
    return items


async def submit(database: Database, office: Office, *need_ids: UUID, form: int = 8) -> tuple[list[UUID], UUID]:
    """Items of the plan for needs, and the decree they wait for."""
    await validate(database, office, *need_ids)
    proposals = [Proposal(need_id=need_id, particulars=Particulars(form=form)) for need_id in need_ids]
    entry = DecreeEntry(cycle=CYCLE, number=f"800/{new_id()}", decreed_on=TODAY, signatory="Wali Kota Contoh")
    async with database.transaction() as session:
        items = await propose_items(session, ANALYST, proposals)
        decree = await enter_decree(session, ANALYST, entry)
    return items, decree.id


async def items(database: Database) -> dict[UUID, tuple[str, str | None]]:
    """Need → status and reason of its newest item."""
    async with database.session() as session:
        rows = await session.scalars(select(PlanItemRow).order_by(PlanItemRow.id))
        return {row.need_id: (row.status, row.reason) for row in rows}


async def state(database: Database) -> dict[UUID, tuple[str, str | None]]:
    """Need → status and reason."""
    return {row.id: (row.status, row.reason) for row in await needs(database)}
