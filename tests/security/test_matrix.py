"""Every role at every route: what the matrix says is what the code says, and what really happens."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.embedded import SERVICES
from shared.audit import AuditEntry
from shared.db import Database
from shared.event_log import EmbeddedTransport
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from shared.ids import new_id
from shared.runtime import Resources, create_app
from shared.settings import Settings
from shared.web.forms import form_seal
from shared.web.guards import PUBLIC, guards, unguarded_routes
from shared.web.home import HomeView
from tests.conftest import MakeDatabase
from tests.integration.small_app import browsing
from tests.security.matrix import (
    EVERYBODY,
    MATRIX,
    NOT_ABOUT_PEOPLE,
    ONLY_ABOUT_OTHERS,
    READING_IS_NOTED,
    SEES_OTHERS,
    SEES_OWN_UNIT,
    Allowed,
)
from tests.security.people import Person, badge, machine_token, two_people

ROUTES = [(service, route) for service, routes in MATRIX.items() for route in routes]
PERSONAL = [(service, route) for service, route in ROUTES if route in SEES_OTHERS]


def is_page(route: str) -> bool:
    """Whether browsers open it, and not programs."""
    return "/pages/" in route or "/shell/" in route


PAGES, JSON = [[each for each in ROUTES if is_page(each[1]) is page] for page in (True, False)]
NOBODY = [None, "Bearer ", "Bearer bks_tebakan", "Bearer bkm_tebakan", "Basic YW5pOnJhaGFzaWE=", "bkm_tebakan"]


@dataclass
class Door:
    """A service as it runs, on a database of its own."""

    app: FastAPI
    database: Database
    stack: AsyncExitStack

    async def client(self, token: str | None = None) -> httpx.AsyncClient:
        return await self.stack.enter_async_context(browsing(self.app, token))


def app_of(service: str, database: Database) -> FastAPI:
    async def overview() -> HomeView:
        return HomeView(agency="medan", services=())

    given = Resources(
        settings=Settings(),
        database=database,
        identity=database,
        transport=EmbeddedTransport(""),
        overview=overview,
    )
    return create_app(SERVICES[service], given)


@pytest.fixture
async def door(service: str, make_database: MakeDatabase) -> AsyncIterator[Door]:
    lineages = (*SERVICES[service].lineages, IDENTITY)
    database = await make_database(service=service, agency="medan", lineages=lineages)
    async with AsyncExitStack() as stack:
        yield Door(app_of(service, database), database, stack)


def call_of(route: str) -> tuple[str, str]:
    """Method and path of a route, with ids that nothing has."""
    method, path = route.split(" ")
    if method == "MOUNT":
        return "GET", f"{path}/bangkom.css"
    path = path.replace("{session_number}", "1")
    return method, re.sub(r"\{\w+\}", lambda _: str(uuid4()), path)


async def status_of(client: httpx.AsyncClient, route: str, header: str | None = None) -> int:
    """What a program gets that sends this header; being sent to the sign-in page counts as not signed in."""
    method, path = call_of(route)
    body: dict[str, object] | None = {} if method in {"POST", "PUT"} else None
    headers = {"Authorization": header} if header else {}
    return told(await client.request(method, path, json=body, headers=headers))


async def status_of_page(client: httpx.AsyncClient, service: str, route: str, token: str) -> int:
    """What a browser gets that holds this sign-in and sends a form of ours, though an empty one."""
    method, path = call_of(route)
    cookie = f"bangkom-{service}-tamu" if route.endswith("/sign-in") else f"bangkom-{service}"
    form = {"formulir": form_seal(token)} if method == "POST" else None
    return told(await client.request(method, path, data=form, headers={"Cookie": f"{cookie}={token}"}))


def told(answer: httpx.Response) -> int:
    sent_away = answer.status_code == 303 and "/pages/sign-in" in answer.headers["location"]
    return 401 if sent_away else answer.status_code


def lets_in(allowed: Allowed, role: Role) -> bool:
    return allowed is PUBLIC or role in allowed


@pytest.mark.parametrize("service", MATRIX)
async def test_matrix_and_code_name_the_same_routes_with_the_same_roles(door: Door, service: str) -> None:
    in_code = {route: roles or EVERYBODY for route, roles in guards(door.app).items()}

    assert unguarded_routes(door.app) == []
    assert in_code == MATRIX[service]


def test_matrix_knows_every_service_and_which_routes_are_about_people() -> None:
    reads = {route for _, route in ROUTES if route.startswith("GET ")}

    assert set(MATRIX) == set(SERVICES)
    assert reads == SEES_OTHERS.keys() | NOT_ABOUT_PEOPLE | ONLY_ABOUT_OTHERS
    assert SEES_OTHERS.keys().isdisjoint(NOT_ABOUT_PEOPLE)
    assert SEES_OWN_UNIT.keys() <= SEES_OTHERS.keys()


@pytest.mark.parametrize(("service", "route"), JSON)
async def test_route_lets_in_whom_the_matrix_names_and_nobody_else(door: Door, service: str, route: str) -> None:
    allowed = MATRIX[service][route]
    visitor = await door.client()

    for header in NOBODY:
        status = await status_of(visitor, route, header)
        assert (status == 401) == (allowed is not PUBLIC), f"{header}: {status}"
        assert status < 500
    for role in Role:
        client = await door.client(await machine_token(door.database, role))
        check(role, await status_of(client, route), allowed)


@pytest.mark.parametrize(("service", "route"), PAGES)
async def test_page_lets_in_whom_the_matrix_names_and_nobody_else(door: Door, service: str, route: str) -> None:
    allowed = MATRIX[service][route]
    visitor = await door.client()

    for token in ("", "bks_tebakan", "bkm_tebakan", await machine_token(door.database, Role.ANALYST)):
        status = await status_of_page(visitor, service, route, token)
        assert (status == 401) == (allowed is not PUBLIC), f"{token}: {status}"
        assert status < 500
    for role in Role:
        check(role, await status_of_page(visitor, service, route, await badge(door.database, role, new_id())), allowed)


def check(role: Role, status: int, allowed: Allowed) -> None:
    if lets_in(allowed, role):
        assert status < 500, f"{role}: {status}"
        assert status not in {401, 403}, f"{role}: {status}"
    else:
        assert status == 403, f"{role}: {status}"


@pytest.mark.parametrize("service", MATRIX)
async def test_cookie_opens_no_route_of_programs_and_a_bearer_token_no_page(door: Door, service: str) -> None:
    token = await badge(door.database, Role.ANALYST, new_id())
    browser, program = await door.client(), await door.client(token)
    browser.cookies.set(f"bangkom-{service}", token)
    behind = {route: is_page(route) for route, allowed in MATRIX[service].items() if allowed is not PUBLIC}

    by_cookie = {await status_of(browser, route) for route, page in behind.items() if not page}
    by_bearer = {await status_of(program, route) for route, page in behind.items() if page}

    assert by_cookie == {401}
    assert by_bearer == {401}


@pytest.mark.parametrize(("service", "route"), PERSONAL)
async def test_records_of_a_colleague_are_seen_by_whom_the_matrix_names_and_nobody_else(
    door: Door, service: str, route: str
) -> None:
    ani, budi = await two_people(service, door.database)

    for role in Role:
        token = await badge(door.database, role, budi.employee_id)
        person = await door.client(token)
        person.cookies.set(f"bangkom-{service}", token)
        program = await door.client(await machine_token(door.database, role))
        sees = role in SEES_OTHERS[route]
        sees_unit = role in SEES_OWN_UNIT.get(route, ())

        assert await shows(person, route, ani) == (sees or sees_unit), f"{role} sees a colleague"
        if not is_page(route):
            assert await shows(program, route, ani) == sees, f"a program as {role} sees a person"
        if lets_in(MATRIX[service][route], role):
            assert await shows(person, route, budi), f"{role} does not see their own"


@pytest.mark.parametrize(("service", "route"), [each for each in PERSONAL if each[1] in READING_IS_NOTED])
async def test_reading_about_others_stands_in_the_audit_log(door: Door, service: str, route: str) -> None:
    ani, budi = await two_people(service, door.database)
    token = await badge(door.database, Role.ANALYST, budi.employee_id)
    budi_at_work = await door.client(token)
    budi_at_work.cookies.set(f"bangkom-{service}", token)

    await budi_at_work.get(budi.paths[route])
    of_oneself = await readings(door.database)
    await budi_at_work.get(ani.paths[route])

    [(action, subject_id, details)] = await readings(door.database)
    assert of_oneself == []
    assert action == READING_IS_NOTED[route]
    assert str(subject_id) in ani.paths[route]
    assert details in ({}, {"employee_id": str(ani.employee_id)})
    assert str(ani.employee_id) in {str(subject_id), details.get("employee_id")}


async def readings(database: Database) -> list[tuple[str, UUID | None, dict[str, str]]]:
    """What the audit log says was read."""
    async with database.session() as session:
        read = select(AuditEntry).where(AuditEntry.action.startswith("read_")).order_by(AuditEntry.id)
        return [(entry.action, entry.subject_id, entry.details) for entry in await session.scalars(read)]


async def shows(client: httpx.AsyncClient, route: str, person: Person) -> bool:
    """Whether the route answers with the person's record; an item that is not to be seen is not found."""
    path = person.paths[route]
    answer = await client.get(path)
    if str(person.marks.get(route, person.employee_id)) in answer.text:
        assert answer.status_code == 200
        return True
    # A class is everybody's to see, even where those who sit in it are not.
    hidden = route.endswith("_id}") and not route.endswith("{class_id}")
    assert answer.status_code in ({404} if hidden else {200, 403})
    return False
