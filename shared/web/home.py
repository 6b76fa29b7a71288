"""The home page: what is installed, whether it is ready, and how much of it is filled."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shared.clock import Simulated
from shared.web.frame import Shell
from shared.web.pages import page


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """One service as its fragment shows it; counts are None while its database cannot be asked."""

    name: str
    title: str
    summary: str = ""
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
    """Everything on the home page: figures only, since anybody may see it.

    simulated is the day that a simulation pretends, where it can be asked; first_steps are the commands that fill an
    empty installation.
    """

    agency: str
    services: Sequence[ServiceView]
    simulation: bool = False
    simulated: Simulated | None = None
    first_steps: Sequence[str] = ()

    @property
    def employees(self) -> int | None:
        """How many people the fullest directory has; None while none can be asked."""
        return max((s.employees for s in self.services if s.employees is not None), default=None)

    @property
    def units(self) -> int | None:
        """How many units the fullest directory has; None while none can be asked."""
        return max((s.units for s in self.services if s.units is not None), default=None)

    @property
    def empty(self) -> bool:
        """Whether nobody and no unit is recorded yet, as far as can be asked."""
        return self.employees == 0 and self.units == 0

    def is_behind(self, service: ServiceView) -> bool:
        """Whether the service's directory does not hold yet what another's holds."""
        return service.employees is not None and (service.employees, service.units) != (self.employees, self.units)


Overview = Callable[[], Awaitable[HomeView]]
"""What an application keeps as ``app.state.overview``."""

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def read_home(request: Request) -> HTMLResponse:
    overview: Overview = request.app.state.overview
    # Whether the sign-in still holds is seen behind the link; the page itself is the same for everybody.
    shell: Shell | None = getattr(request.app.state, "shell", None)
    came_in = shell is not None and shell.cookies.sign_in(request) is not None
    languages = request.app.state.languages
    return page("home.html", home=await overview(), came_in=came_in, languages=languages)
