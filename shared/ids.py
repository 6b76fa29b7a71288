"""Identifiers: uuid version 7, opaque, ordered by time of creation."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """A new uuid7."""
    return uuid_utils.compat.uuid7()
