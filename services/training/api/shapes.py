"""Shapes that more than one route takes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.lists import Page

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text that people read: no control characters, which a database may refuse."""

Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$"),
]
"""Some sentences of a person, with line breaks."""

MANY = 5_000
"""Rows of one list: more than the largest class."""

Hours = Annotated[int, Field(ge=1, le=2_000)]
Percent = Annotated[int, Field(ge=0, le=100)]


class Body(BaseModel):
    """What somebody sends: an unknown field is a mistake to be told."""

    model_config = ConfigDict(extra="forbid")


def page(before: UUID | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Page:
    """The slice of a list that the query string asks for."""
    return Page(before=before, limit=limit)


AskedPage = Annotated[Page, Depends(page)]
