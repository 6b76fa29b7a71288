"""Puts the shell around an application: ids, limits, headers, problem details, static files and the home page."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from shared.web import gallery, home, tongue
from shared.web.frame import Shell
from shared.web.language import LANGUAGES, SOURCE
from shared.web.middleware import BodyLimit, RequestContext
from shared.web.problems import install_problem_details

STATIC = Path(__file__).parent / "static"


class Files(StaticFiles):
    """Static files that browsers keep but ask about, so that a new version is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or an answer without it when the browser's copy is current."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def install_shell(app: FastAPI, languages: Sequence[str] = (SOURCE,)) -> None:
    """Everything the services show alike. The application brings its routes and its state."""
    app.state.languages = {code: LANGUAGES[code] for code in languages}
    install_problem_details(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestContext, languages=languages)
    app.include_router(home.router)
    app.include_router(tongue.router)
    app.mount("/static", Files(directory=STATIC), name="static")


def install_pages(app: FastAPI, shell: Shell, pages: APIRouter | None, entrances: Sequence[APIRouter]) -> None:
    """The pages of a service and the way in to them; programs do not find them in the document of the interface."""
    app.state.shell = shell
    for router in (*entrances, gallery.router):
        app.include_router(router)
    if pages is not None:
        app.include_router(pages, include_in_schema=False)
