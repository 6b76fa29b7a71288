"""The home page: what is installed, whether it is ready, and how much of it is filled."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["count"] = lambda number: f"{number:,}".replace(",", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """One service as its fragment shows it; counts are None while its database cannot be asked."""

    name: str
    title: str
    missing: Sequence[str] = ()
    employees: int | None = None
    units: int | None = None
    documents: str | None = None

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """Everything on the home page: figures only, since anybody may see it."""

    agency: str
    services: Sequence[ServiceView]
    simulation: bool = False


Overview = Callable[[], Awaitable[HomeView]]
"""What an application keeps as ``app.state.overview``."""

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def read_home(request: Request) -> HTMLResponse:
    overview: Overview = request.app.state.overview
    return HTMLResponse(TEMPLATES.get_template("home.html").render(home=await overview()))
