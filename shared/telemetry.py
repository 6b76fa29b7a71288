"""What operators see of a process: structured logs, metrics, and whether it lives and is ready."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping

import structlog
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

Check = Callable[[], Awaitable[str | None]]
"""Nothing when all is well, else what is wrong in a few words without personal data."""

CHECK_SECONDS = 5.0
QUIET = {
    "aiokafka": logging.CRITICAL,
    "alembic": logging.WARNING,
    "faststream": logging.ERROR,
    # SQLAlchemy names the log of its pool by the class, which is ours.
    "shared.pool": logging.WARNING,
    "httpx2": logging.WARNING,
    "uvicorn": logging.WARNING,
}


def configure_logs(*, level: int = logging.INFO) -> None:
    """One JSON object per line on standard error; in a terminal, lines for people."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    # Libraries' exceptions may quote values of rows: their tracebacks stay out of the log.
    drop_traceback: structlog.typing.Processor = lambda _, __, line: {k: v for k, v in line.items() if k != "exc_info"}  # noqa: E731 a processor in place
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, drop_traceback, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Clients of a broker that is away repeat themselves several times a second; readiness says it once.
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


async def findings(checks: Mapping[str, Check]) -> dict[str, str]:
    """What is missing, by name; a check that does not answer in time is a finding."""
    answers = await asyncio.gather(*(_answer(check) for check in checks.values()))
    return {name: answer for name, answer in zip(checks, answers, strict=True) if answer}


async def _answer(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS)
    except TimeoutError:
        return "no answer"
    except Exception as error:  # noqa: BLE001 whatever a check meets is its finding
        return type(error).__name__


def operations_app(
    documented: Mapping[str, FastAPI], checks: Mapping[str, Check], refresh: Callable[[], Awaitable[None]]
) -> FastAPI:
    """The application of the operators' port; refresh brings gauges up to date before they are read."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/openapi/{service}.json")
    async def openapi(service: str) -> Response:
        if service not in documented:
            return JSONResponse({"services": sorted(documented)}, 404)
        return JSONResponse(documented[service].openapi())

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @app.get("/health/ready")
    async def ready() -> Response:
        missing = await findings(checks)
        status = {"status": "missing" if missing else "ready", "missing": missing}
        return JSONResponse(status, 503 if missing else 200)

    @app.get("/metrics")
    async def metrics() -> Response:
        await refresh()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app
