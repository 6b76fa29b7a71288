"""Identifiers: uuid version 7, opaque, ordered by time of creation."""

from uuid import UUID

import uuid_utils

# The driver's own class is a uuid.UUID like any other, and read, written and sent several times faster.
from asyncpg.pgproto import pgproto


def new_id() -> UUID:
    """A new uuid7."""
    made: UUID = pgproto.UUID(uuid_utils.uuid7().bytes)
    return made


def parse_id(text: str) -> UUID:
    """The id that a text spells; raises ValueError."""
    parsed: UUID = pgproto.UUID(text)
    return parsed
