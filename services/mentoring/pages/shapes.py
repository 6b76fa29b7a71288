"""What the pages of mentoring have in common: who else is let in, short texts, and filters of lists."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import StringConstraints

from shared.identity.actor import Role
from shared.web.seeing import Seeing, may_see

PREFIX = "/mentoring/pages"

AnalystSees = Annotated[Seeing, may_see(Role.ANALYST, Role.AUDITOR)]

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
Mark = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=100)]
"""The mark of a signed paper in the agency's files."""

StatusT = TypeVar("StatusT", bound=StrEnum)


def chosen(status: type[StatusT], asked: str) -> StatusT | None:
    """The status a filter asks for; none where it asks for all or for one that is not known."""
    return status(asked) if asked in set(status) else None
