"""Every failure answered alike: problem details (RFC 9457) in plain words, without anything that was sent to us."""

import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.delivery.failures import is_transient
from shared.errors import DomainError
from shared.web.pages import page
from shared.web.wording import reason, status_sentence, status_title

MEDIA_TYPE = "application/problem+json"
FIELD = re.compile(r"[a-z_][a-z0-9_]{0,60}")
UNREADABLE_TEXT = ("22021", "22P05")
"""SQLSTATEs of characters that PostgreSQL's text cannot hold (NUL and the like)."""
MOST_ERRORS = 50
CODES = {404: "not-found", 405: "method-not-allowed", 413: "too-large", 415: "wrong-media-type", 422: "invalid-request"}
"""For failures the framework finds; those of ours bring their code along."""

log = structlog.get_logger()


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> Response:
    """The answer for one failure: a page for a browser, problem details for a program."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status_title(status),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
        "errors": errors,
    }
    headers = {**(headers or {}), "Vary": "Accept"}
    if "text/html" in request.headers.get("accept", ""):
        return page("problem.html", status, headers, problem=body)
    if not errors:
        del body["errors"]
    return Response(orjson.dumps(body), status, headers, media_type=MEDIA_TYPE)


def install_problem_details(app: FastAPI) -> None:
    """Answer every failure of this application with problem details."""
    app.add_exception_handler(DomainError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http)


def answer_to_failure(request: Request, error: Exception) -> Response:
    """The answer to what no route expected; the log has the rest under the same request id."""
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in UNREADABLE_TEXT:
        return problem(request, 422, "invalid", "Teks memuat karakter yang tidak dapat disimpan.")
    transient = is_transient(error)
    # A message may quote values of people: type and places are enough to find the fault.
    log.error("request failed", error=_kinds(error), places=list(_places(error)), transient=transient)
    if transient:
        return problem(request, 503, "unavailable", status_sentence(503), headers={"Retry-After": "5"})
    return problem(request, 500, "unexpected", status_sentence(500))


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return problem(request, error.status, error.code, error.detail, headers=getattr(error, "headers", None))


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [{"location": _location(e), "reason": reason(e["type"], e.get("ctx"))} for e in error.errors()]
    return problem(request, 422, "invalid-request", "Permintaan tidak sah.", errors=errors[:MOST_ERRORS])


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    # The framework answers 400 to a body it cannot even decode; for the sender that is a broken body like any other.
    status = 422 if error.status_code == HTTPStatus.BAD_REQUEST else error.status_code
    return problem(request, status, CODES.get(status, f"http-{status}"), status_sentence(status), headers=error.headers)


def _location(error: Mapping[str, Any]) -> str:
    # A name the sender made up (an unknown field, a key of a mapping) may be personal: only our own kind is repeated.
    parts = list(error["loc"])
    if error["type"] == "extra_forbidden":
        parts.pop()
    return ".".join(str(part) if isinstance(part, int) or FIELD.fullmatch(part) else "*" for part in parts)


def _kinds(error: BaseException | None) -> str:
    kinds = []
    while error is not None:
        kinds.append(type(error).__qualname__)
        error = error.__cause__
    return " < ".join(kinds)


def _places(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__)[-12:]:
        yield f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
