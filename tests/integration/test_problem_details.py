"""Every failure is answered with problem details, and with nothing that was sent or that is inside."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from shared.db import KERNEL, Database, Origin
from shared.identity.actor import Role
from shared.identity.tables import IDENTITY
from tests.conftest import MakeDatabase
from tests.integration.small_app import PASSWORD, add_person, browsing, build_app, create_notes, titles, token_of

SECRET = "Budi Santoso 199001012015011001"


@pytest.fixture
async def app(make_database: MakeDatabase) -> FastAPI:
    database = await make_database(service="training", agency="medan", lineages=[KERNEL, IDENTITY])
    await create_notes(database)
    await add_person(database, "sari", Role.ANALYST)
    return build_app(database, database)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(app, await token_of(app, "sari")) as client:
        yield client


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"] == "about:blank"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert SECRET not in answer.text


async def test_unknown_id_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/notes/{uuid4()}")

    assert_problem(answer, 404, "not-found")
    assert answer.json()["detail"] == "Catatan tidak ada."


async def test_unknown_route_is_not_found(client: httpx.AsyncClient) -> None:
    assert_problem(await client.get("/nowhere"), 404, "not-found")
    assert_problem(await client.get("/static/nowhere.css"), 404, "not-found")


async def test_wrong_method_is_named_with_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.put("/notes")

    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"]


async def test_missing_sign_in_and_missing_role_are_told_apart(app: FastAPI, client: httpx.AsyncClient) -> None:
    async with browsing(app) as anonymous:
        assert_problem(await anonymous.get(f"/notes/{uuid4()}"), 401, "not-signed-in")
    assert_problem(await client.get("/notes"), 403, "not-allowed")


async def test_malformed_id_names_the_place(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/notes/{SECRET}")

    assert_problem(answer, 422, "invalid-request")
    assert answer.json()["errors"] == [{"location": "path.note_id", "reason": "bukan UUID"}]


async def test_each_wrong_field_is_named_in_plain_words(client: httpx.AsyncClient) -> None:
    body = {
        "title": SECRET,
        SECRET: SECRET,
        "labels": {SECRET: SECRET},
        "lines": [{"subject": "a", "amount": 1}, {"amount": 1001}, {"subject": 5, "amount": SECRET}],
    }

    answer = await client.post("/notes", json=body)

    assert_problem(answer, 422, "invalid-request")
    assert {error["location"]: error["reason"] for error in answer.json()["errors"]} == {
        "body.title": "paling banyak 20 karakter",
        "body": "memuat isian yang tidak dikenal",
        "body.labels.*": "harus bilangan bulat",
        "body.lines.1.subject": "wajib diisi",
        "body.lines.1.amount": "paling banyak 1000",
        "body.lines.2.subject": "harus berupa teks",
        "body.lines.2.amount": "harus bilangan bulat",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"title": "Budi Santoso 199001012015011001',
        b"[]",
        b"null",
        b'"Budi Santoso 199001012015011001"',
        b"\xff\xfe{",
        b'{"title": "\\ud800"}',
        b'{"title": "\\u0000"}',
        b'{"title": NaN}',
        b'{"title":' + b"[" * 200_000,
        b'{"title": "a", "lines": [{"subject": "b", "amount": ' + b"9" * 5000 + b"}]}",
    ],
)
async def test_broken_body_is_refused_and_not_repeated(app: FastAPI, client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/notes", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422, answer.text
    assert_problem(answer, 422, answer.json()["code"])
    assert await titles(app.state.database) == []


async def test_errors_of_one_request_are_limited(client: httpx.AsyncClient) -> None:
    answer = await client.post("/notes", json={"title": "a", "lines": [{}] * 5000})

    assert_problem(answer, 422, "invalid-request")
    assert len(answer.json()["errors"]) == 50


async def test_body_above_the_limit_is_refused_whether_its_length_is_declared_or_not(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(1100):
            yield b" " * 1024

    headers = {"Content-Type": "application/json"}
    declared = await client.post("/notes", content=b" " * (1024 * 1024 + 1), headers=headers)
    streamed = await client.post("/notes", content=stream(), headers=headers)
    absurd = await client.post("/notes", content=b"{}", headers=headers | {"Content-Length": "9" * 5000})
    largest = await client.post("/notes", content=b'{"title": "a"}'.ljust(1024 * 1024), headers=headers)

    for answer in (declared, streamed, absurd):
        assert_problem(answer, 413, "too-large")
    assert (largest.status_code, await titles(app.state.database)) == (201, ["a"])


async def test_conflict_carries_its_sentence(client: httpx.AsyncClient) -> None:
    answer = await client.post("/notes", json={"title": "bentrok"})

    assert_problem(answer, 409, "conflict")
    assert answer.json()["detail"] == "Catatan ini bertentangan dengan yang lain."


async def test_unexpected_failure_shows_a_request_id_and_no_internals(client: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        answer = await client.post("/notes", json={"title": "rusak"})

    assert_problem(answer, 500, "unexpected")
    assert "RuntimeError" not in answer.text
    (line,) = logs
    assert line["error"] == "RuntimeError"
    assert any(place.endswith("insert_note") for place in line["places"])
    assert SECRET not in str(logs)


async def test_log_lines_of_a_request_carry_its_id(app: FastAPI) -> None:
    seen = []

    @app.get("/seen")
    async def see() -> None:
        seen.append(get_contextvars())

    async with browsing(app) as client:
        answer = await client.get("/seen")

    assert seen == [{"request_id": answer.headers["x-request-id"]}]
    assert UUID(answer.headers["x-request-id"]).version == 7
    assert get_contextvars() == {}


async def test_unreachable_database_is_told_as_passing(app: FastAPI, client: httpx.AsyncClient) -> None:
    away = Database("postgresql+asyncpg://nobody@/nothing?host=/nowhere", Origin(agency="medan", service="training"))
    token = client.headers["authorization"]
    app.state.database = away
    try:
        answer = await client.post("/notes", json={"title": "satu"}, headers={"Authorization": token})
    finally:
        await away.close()

    assert_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "5"


async def test_sign_in_never_repeats_what_was_typed(app: FastAPI) -> None:
    async with browsing(app) as client:
        answer = await client.post("/notes/sessions", json={"name": "x" * 65, "password": PASSWORD, "sandi": SECRET})

    assert_problem(answer, 422, "invalid-request")
    assert PASSWORD not in answer.text


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for answer in (await client.get("/"), await client.get("/nowhere"), await client.post("/notes", json={})):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


async def test_home_page_shows_each_service_with_its_state(app: FastAPI) -> None:
    async with browsing(app) as client:
        page = await client.get("/")
        css = await client.get("/static/bangkom.css")

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for shown in ("medan", "Kebutuhan", "25.000", "412", "Siap", "Belum siap", "kafka", "/needs/docs"):
        assert shown in page.text, shown
    assert "Pelatihan &lt;b&gt;" in page.text
    assert "<script" not in page.text
    assert (css.status_code, css.headers["cache-control"]) == (200, "no-cache")


async def test_browser_gets_a_page_instead(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Tidak ditemukan</h1>" in answer.text
    assert answer.headers["x-request-id"] in answer.text
