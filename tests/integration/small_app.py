"""A small application with the routes of an imaginary service of notes, for tests of the shell."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from shared.db import Database
from shared.errors import Conflict, NotFound
from shared.identity.accounts import add_account
from shared.identity.actor import Role
from shared.identity.routes import session_routes
from shared.web.home import HomeView, ServiceView
from shared.web.requests import Commanding, Reading, may_command, may_read
from shared.web.shell import install_shell

PASSWORD = "kopi-tubruk-di-pagi-hari"
router = APIRouter(prefix="/notes", tags=["notes"])


class Line(BaseModel):
    subject: str = Field(max_length=100)
    amount: int = Field(ge=0, le=1000)


class WriteNote(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=20)
    lines: list[Line] = []
    labels: dict[str, int] = {}


class NoteView(BaseModel):
    id: UUID
    title: str


async def insert_note(session: AsyncSession, title: str) -> NoteView:
    note = NoteView(id=uuid.uuid4(), title=title)
    await session.execute(text("INSERT INTO notes VALUES (:id, :title)"), note.model_dump())
    if title == "bentrok":
        raise Conflict("Catatan ini bertentangan dengan yang lain.")
    if title == "rusak":
        raise RuntimeError("Budi Santoso 199001012015011001")
    return note


@router.post("", status_code=201, response_model=NoteView)
async def write_note(
    body: WriteNote, command: Annotated[Commanding, may_command(Role.ANALYST, Role.ORGANISER)]
) -> Response:
    return await command.run(lambda session: insert_note(session, body.title), status=201)


@router.get("/{note_id}", response_model=NoteView)
async def read_note(note_id: UUID, reading: Annotated[Reading, may_read()]) -> NoteView:
    row = (await reading.session.execute(text("SELECT id, title FROM notes WHERE id = :id"), {"id": note_id})).first()
    if row is None:
        raise NotFound("Catatan tidak ada.")
    return NoteView(id=row.id, title=row.title)


@router.get("")
async def forget_that_reading_only_reads(reading: Annotated[Reading, may_read(Role.OPERATOR)]) -> int:
    await reading.session.execute(text("DELETE FROM notes"))
    await reading.session.commit()
    return 0


async def overview() -> HomeView:
    services = (
        ServiceView(name="needs", title="Kebutuhan", employees=25000, units=412, documents="/needs/docs"),
        ServiceView(name="training", title="Pelatihan <b>", missing=("kafka",)),
        ServiceView(name="mentoring", title="Pendampingan", employees=0, units=0),
    )
    return HomeView(agency="medan", services=services)


def build_app(database: Database, identity: Database) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    app.include_router(session_routes("notes"))
    install_shell(app)
    app.state.database = database
    app.state.identity = identity
    app.state.overview = overview
    return app


@asynccontextmanager
async def browsing(app: FastAPI, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app, signed in when a token is given; an exception the app lets through fails the test."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        yield client


async def create_notes(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE notes (id uuid PRIMARY KEY, title text NOT NULL)"))


async def titles(database: Database) -> list[str]:
    async with database.transaction() as session:
        return list(await session.scalars(text("SELECT title FROM notes ORDER BY title")))


async def add_person(identity: Database, name: str, *roles: Role) -> UUID:
    async with identity.transaction() as session:
        return await add_account(session, name, PASSWORD, roles)


async def token_of(app: FastAPI, name: str, password: str = PASSWORD) -> str:
    async with browsing(app) as client:
        answer = await client.post("/notes/sessions", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


async def status_of(app: FastAPI, token: str | None) -> int:
    async with browsing(app, token) as client:
        return (await client.post("/notes", json={"title": "satu"})).status_code


async def sign_in_status(app: FastAPI, name: str, password: str) -> int:
    async with browsing(app) as client:
        return (await client.post("/notes/sessions", json={"name": name, "password": password})).status_code
