"""What stands around every page of a signed-in person: navigation by role, who is signed in, the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment

from shared.identity.actor import Actor, Role
from shared.settings import Settings
from shared.web.cookies import Cookies


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One page in the navigation: for some roles, or everybody; personal ones only for accounts of an employee."""

    title: str
    path: str
    roles: frozenset[Role] = frozenset()
    personal: bool = False

    def is_for(self, actor: Actor) -> bool:
        """Whether the page has something for this actor."""
        if self.personal and actor.employee_id is None:
            return False
        return not self.roles or bool(self.roles & actor.roles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What an application needs to show its pages; kept as ``app.state.shell``."""

    service: str
    settings: Settings
    templates: Environment
    links: Sequence[Link]
    cookies: Cookies

    @property
    def entrance(self) -> str:
        """Where people sign in."""
        return f"/{self.service}/pages/sign-in"

    @property
    def leave(self) -> str:
        """Where people sign out."""
        return f"/{self.service}/pages/sign-out"

    @property
    def password(self) -> str:
        """Where people change the password of a built-in account."""
        return f"/{self.service}/pages/password"

    def links_for(self, actor: Actor) -> list[Link]:
        """The navigation of this actor."""
        return [link for link in self.links if link.is_for(actor)]

    def landing(self, actor: Actor) -> str:
        """Where to go after signing in, if nothing else was asked for."""
        return next((link.path for link in self.links_for(actor)), "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of one page. seal and once go into every form; simulated is the moment a simulation pretends."""

    agency: str
    who: str
    roles: Sequence[str]
    links: Sequence[Link]
    path: str
    leave: str
    password: str | None
    seal: str
    once: str
    said: str | None
    simulated: datetime | None
