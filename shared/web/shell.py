"""Puts the shell around an application: ids, limits, headers, problem details, static files and the home page."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from shared.web import home
from shared.web.middleware import BodyLimit, RequestContext
from shared.web.problems import install_problem_details

STATIC = Path(__file__).parent / "static"


def install_shell(app: FastAPI) -> None:
    """Everything the services show alike. The application brings its routes and its state."""
    install_problem_details(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestContext)
    app.include_router(home.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
