"""What people see of the master data over the JSON interface, and who may."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.needs import api
from services.needs.app import SERVICE
from services.needs.imports.kinds import EMPLOYEES, UNITS
from services.needs.imports.staging import ImportFile, run_import
from shared.db import Database
from shared.identity.actor import SYSTEM, Role
from shared.identity.tables import IDENTITY
from shared.identity.tokens import issue_token
from shared.web.shell import install_shell
from tests.conftest import MakeDatabase
from tests.integration.small_app import browsing, overview

SAMPLES = Path(__file__).parent.parent / "samples"


def sample(name: str) -> ImportFile:
    return ImportFile(name=name, content=(SAMPLES / name).read_bytes())


@pytest.fixture
async def database(make_database: MakeDatabase) -> Database:
    database = await make_database(service="needs", agency="medan", lineages=(*SERVICE.lineages, IDENTITY))
    await run_import(database, SYSTEM, UNITS, sample("unit.xlsx"), accept_partial=False)
    await run_import(database, SYSTEM, EMPLOYEES, sample("pegawai.xlsx"), accept_partial=False)
    return database


@pytest.fixture
def app(database: Database) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.include_router(api.router)
    install_shell(app)
    app.state.database = app.state.identity = database
    app.state.overview = overview
    return app


async def token(database: Database, role: Role) -> str:
    async with database.transaction() as session:
        return await issue_token(session, f"uji-{role}", [role], timedelta(days=1))


@pytest.fixture
async def analyst(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(app, await token(database, Role.ANALYST)) as client:
        yield client


async def test_units_show_their_parent_and_head(analyst: httpx.AsyncClient) -> None:
    units = {unit["code"]: unit for unit in (await analyst.get("/needs/units")).json()}

    assert len(units) == 15
    assert (units["1.04.1"]["parent_code"], units["1"]["parent_code"], units["1"]["head_id"]) == ("1.04", None, None)
    head = (await analyst.get(f"/needs/employees/{units['1.04.1']['head_id']}")).json()
    assert (head["heads"], head["unit_code"], head["position_class"]) == (["1.04.1"], "1.04.1", "PENGAWAS")


async def test_pages_of_employees_show_everybody_once_with_masked_numbers(analyst: httpx.AsyncClient) -> None:
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await analyst.get("/needs/employees", params={"limit": "150", **after})).json()
        seen += [person["id"] for person in page["employees"]]
        assert all(person["employee_number"] == "•" * 15 + "000" for person in page["employees"])
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert (len(seen), len(set(seen))) == (500, 500)


async def test_employees_of_one_unit_can_be_asked_for(analyst: httpx.AsyncClient) -> None:
    page = (await analyst.get("/needs/employees", params={"unit": "1.09.2"})).json()

    assert (len(page["employees"]), {person["unit_code"] for person in page["employees"]}) == (28, {"1.09.2"})


async def test_imports_are_listed_newest_first(analyst: httpx.AsyncClient) -> None:
    imports = (await analyst.get("/needs/imports")).json()

    assert [(entry["kind"], entry["status"], entry["rows_added"]) for entry in imports] == [
        ("employees", "APPLIED", 500), ("units", "APPLIED", 15),
    ]  # fmt: skip
    detail = (await analyst.get(f"/needs/imports/{imports[0]['id']}")).json()
    assert (detail["rows_read"], detail["problems"]) == (500, [])


@pytest.mark.parametrize("path", ["employees", "imports"])
async def test_unknown_id_is_not_found(analyst: httpx.AsyncClient, path: str) -> None:
    answer = await analyst.get(f"/needs/{path}/{uuid4()}")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_operator_sees_imports_but_nobody_in_person(app: FastAPI, database: Database) -> None:
    async with browsing(app, await token(database, Role.OPERATOR)) as client:
        answers = [(await client.get(f"/needs/{path}")).status_code for path in ("imports", "units", "employees")]

    assert answers == [200, 200, 403]


async def test_nobody_signed_in_sees_nothing(app: FastAPI) -> None:
    async with browsing(app) as client:
        answers = [(await client.get(f"/needs/{path}")).status_code for path in ("imports", "units", "employees")]

    assert answers == [401, 401, 401]
