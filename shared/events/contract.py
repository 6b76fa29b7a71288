"""What every event contract is: a frozen model with a type name, a topic and a subject."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, WithJsonSchema

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:/-]*$"
FIGURE_PATTERN = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"


def _plain_digits(value: Decimal) -> str:
    digits = str(value)
    return f"{value:f}" if "E" in digits else digits


Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=CODE_PATTERN)]
"""An identifier from a code list: never a name, never free text."""

Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A public title of a unit, position, competency or programme."""

Figure = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=6),
    PlainSerializer(_plain_digits, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": FIGURE_PATTERN}, mode="serialization"),
]
"""A decimal number of at most 12 digits and 6 places, sent as text so that no digit of it is lost."""

Level = Annotated[int, Field(ge=1, le=5)]
"""A proficiency level of the competency dictionary."""


class Event(BaseModel):
    """One fact or one state. Unknown fields are ignored, so that a publisher may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[str]
    subject_field: ClassVar[str]
    is_state: ClassVar[bool] = False
    example: ClassVar[dict[str, object]]

    @property
    def subject(self) -> UUID:
        """Whom or what the event is about; its key, so that order is kept per subject."""
        value: UUID = getattr(self, self.subject_field)
        return value

    @classmethod
    def publisher(cls) -> str:
        """The service that alone may publish this type."""
        return cls.type.split(".")[1]


def schema_id(event_type: str) -> str:
    """Names the JSON Schema of a type (its ``$id``); CloudEvents asks for an absolute URI."""
    return f"urn:bangkom:schema:{event_type}"


STATE_TOPICS = ("bangkom.employees", "bangkom.reference")


def is_state_topic(topic: str) -> bool:
    """State topics hold the newest record per key and are compacted; an older or broken record never blocks them."""
    return topic in STATE_TOPICS
