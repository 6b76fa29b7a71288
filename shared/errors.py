"""Failures that people or machines can expect and act on; shared/web maps them once to problem details."""

from __future__ import annotations


class DomainError(Exception):
    """An expected refusal: a sentence for the person, an HTTP status and a stable code for the machine."""

    status = 400
    code = "invalid"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFound(DomainError):
    """The thing does not exist, or not for this person: both answer alike."""

    status = 404
    code = "not-found"


class NotAllowed(DomainError):
    """The person may see the thing but not do this to it."""

    status = 403
    code = "not-allowed"


class Conflict(DomainError):
    """The thing is in a state in which this cannot be done."""

    status = 409
    code = "conflict"


class Invalid(DomainError):
    """What was sent cannot be accepted as it stands."""

    status = 422
    code = "invalid"
