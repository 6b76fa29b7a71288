"""Every role at every route: what the matrix says is what the code says, and what really happens."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import openpyxl
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
from shared.web.listing import EXCEL
from tests.conftest import MakeDatabase
from tests.integration.small_app import browsing
from tests.security.matrix import (
    EVERYBODY,
    MATRIX,
    NOT_ABOUT_PEOPLE,
    ONLY_ABOUT_OTHERS,
    READING_IS_NOTED,
    Allowed,
)
from tests.security.people import Person, badge, machine_token, two_people
from tests.security.relations import SOUGHT, Relation, people_around, stand_in
from tests.security.sight import FILES, SEARCHES, SEEN_FROM_ABOVE, SEES_OTHERS, SEES_OWN_UNIT, sees

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

    async def visitor(self, service: str, role: Role | frozenset[Role], employee_id: UUID) -> Visitor:
        """A person with this role, or these, by program and by browser."""
        token = await badge(self.database, role, employee_id)
        client = await self.client(token)
        client.cookies.set(f"bangkom-{service}", token)
        return Visitor(client, token)


@dataclass
class Visitor:
    """Somebody at the door, with what they signed in with."""

    client: httpx.AsyncClient
    token: str

    async def is_shown(self, route: str, person: Person) -> bool:
        """Whether the route answers with the person's record; an item that is not to be seen is not found."""
        field, listed = SEARCHES.get(route, ("", route))
        if field:
            sought = {"formulir": form_seal(self.token), field: SOUGHT}
            answer = await self.client.post(route.removeprefix("POST "), data=sought)
        else:
            answer = await self.client.get(person.paths[route])
        if str(person.marks.get(listed, person.employee_id)) in answer.text:
            assert answer.status_code == 200
            return True
        # A class is everybody's to see, even where those who sit in it are not.
        hidden = route.endswith("_id}") and not route.endswith("{class_id}")
        assert answer.status_code in ({404} if hidden else {200, 403}), f"{route}: {answer.status_code}"
        return False

    async def is_in_file(self, route: str, person: Person) -> bool | None:
        """Whether the list, taken away as a file, holds the person; None where there is no file."""
        answer = await self.client.get(person.paths[route], params={"export": "1"})
        if answer.headers["content-type"] != EXCEL:
            return None
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        return any(SOUGHT in str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)


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
    cookie = f"bangkom-{service}-tamu" if route.endswith(("/sign-in", "/activate")) else f"bangkom-{service}"
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
    assert SEES_OWN_UNIT | SEEN_FROM_ABOVE.keys() | READING_IS_NOTED.keys() <= SEES_OTHERS.keys()
    assert {listed for _, listed in SEARCHES.values()} <= SEES_OTHERS.keys()
    assert {route for _, route in ROUTES if route.endswith("/search")} <= SEARCHES.keys()


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


@pytest.mark.parametrize("service", MATRIX)
async def test_records_are_seen_by_whom_the_matrix_names_and_nobody_else(door: Door, service: str) -> None:
    ani, budi = await two_people(service, door.database)
    around = await people_around(service, door.database, ani.employee_id, budi.employee_id)
    routes = [route for each, route in PERSONAL if each == service]
    routes += [route for route in SEARCHES if route in MATRIX[service]]

    wrong = []
    for roles in apart(routes):
        for relation, looks in around.items():
            visitor = await door.visitor(service, roles, looks)
            for route in routes:
                wanted = any(sees(route, each, relation) and lets_in(MATRIX[service][route], each) for each in roles)
                if await visitor.is_shown(route, ani) != wanted:
                    wrong.append(f"{route}: {sorted(roles)} as {relation} is shown it: {not wanted}")
                if route in FILES and await visitor.is_in_file(route, ani) != wanted:
                    wrong.append(f"{route}: {sorted(roles)} as {relation}, in the file")

    assert wrong == []


def apart(routes: Sequence[str]) -> list[frozenset[Role]]:
    """Each role that sees anything of others by itself; those that see nothing at once, since roles only add."""
    seeing = {role for route in routes for role in SEES_OTHERS[SEARCHES.get(route, ("", route))[1]]}
    seeing |= {Role.UNIT_STAFF}
    return [*(frozenset({role}) for role in sorted(seeing)), frozenset(Role) - seeing]


@pytest.mark.parametrize("service", MATRIX)
async def test_deputy_sees_what_the_head_sees_on_the_days_of_the_decree_and_no_others(door: Door, service: str) -> None:
    ani, budi = await two_people(service, door.database)
    around = await people_around(service, door.database, ani.employee_id, budi.employee_id)
    routes = [route for each, route in PERSONAL if each == service]
    routes += [route for route in SEARCHES if route in MATRIX[service]]
    of_head = {
        route
        for route in routes
        if lets_in(MATRIX[service][route], Role.EMPLOYEE) and sees(route, Role.EMPLOYEE, Relation.SUPERIOR)
    }
    deputy = await door.visitor(service, Role.EMPLOYEE, around[Relation.ELSEWHERE])

    shown = {}
    for days in ((-9, -1), (0, 0), (1, 9)):
        await stand_in(door.database, around[Relation.ELSEWHERE], *days)
        shown[days] = {route for route in routes if await deputy.is_shown(route, ani)}

    assert of_head
    assert shown == {(-9, -1): set(), (0, 0): of_head, (1, 9): set()}


@pytest.mark.parametrize(
    ("service", "path"), [("needs", "/needs/gaps"), ("training", "/training/learning-hours")], ids=str
)
async def test_deputy_sees_nothing_of_the_head_in_whose_place_they_stand(door: Door, service: str, path: str) -> None:
    ani, budi = await two_people(service, door.database)
    around = await people_around(service, door.database, ani.employee_id, budi.employee_id)
    deputy = await door.visitor(service, Role.EMPLOYEE, around[Relation.ELSEWHERE])
    await stand_in(door.database, around[Relation.ELSEWHERE], 0, 0)

    asked = [ani.employee_id, around[Relation.SUPERIOR], around[Relation.HIGHER]]

    assert [(await deputy.client.get(f"{path}/{each}")).status_code for each in asked] == [200, 404, 404]


@pytest.mark.parametrize(("service", "route"), [each for each in PERSONAL if is_page(each[1])])
async def test_matrix_knows_which_lists_of_people_can_be_taken_away_as_files(
    door: Door, service: str, route: str
) -> None:
    ani, _ = await two_people(service, door.database)
    visitor = await door.visitor(service, Role.AUDITOR, ani.employee_id)

    assert (await visitor.is_in_file(route, ani) is not None) == (route in FILES)


@pytest.mark.parametrize("service", MATRIX)
async def test_program_sees_records_by_its_role_alone(door: Door, service: str) -> None:
    ani, _ = await two_people(service, door.database)
    routes = [route for each, route in PERSONAL if each == service and not is_page(route)]

    wrong = []
    for role in Role:
        token = await machine_token(door.database, role)
        program = Visitor(await door.client(token), token)
        wrong += [
            f"{route}: a program as {role}"
            for route in routes
            if await program.is_shown(route, ani) != (role in SEES_OTHERS[route])
        ]

    assert wrong == []


@pytest.mark.parametrize(("service", "route"), [each for each in PERSONAL if each[1] in READING_IS_NOTED])
async def test_reading_about_others_stands_in_the_audit_log(door: Door, service: str, route: str) -> None:
    ani, budi = await two_people(service, door.database)
    visitor = await door.visitor(service, Role.ANALYST, budi.employee_id)

    await visitor.client.get(budi.paths[route])
    of_oneself = await readings(door.database)
    await visitor.client.get(ani.paths[route])

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
