"""Shapes that more than one route takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$"),
]
"""Some sentences of a person, with line breaks."""

MANY = 5_000
"""Rows of one list: more than the largest class."""

Hours = Annotated[int, Field(ge=1, le=2_000)]
Percent = Annotated[int, Field(ge=0, le=100)]
