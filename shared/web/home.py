"""The home page: what is installed, whether it is ready, and how much of it is filled."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.web.pages import page


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
    return page("home.html", home=await overview())
