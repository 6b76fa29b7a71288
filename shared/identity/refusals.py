"""Why a request is refused before it reaches any work."""

from typing import ClassVar

from shared.errors import DomainError


class NotSignedIn(DomainError):
    """No valid sign-in or token came with the request."""

    status = 401
    code = "not-signed-in"
    headers: ClassVar = {"WWW-Authenticate": "Bearer"}


class TooManyAttempts(DomainError):
    """The name was tried too often with wrong passwords; whether it exists stays open."""

    status = 429
    code = "too-many-attempts"

    def __init__(self, detail: str, *, wait_seconds: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(wait_seconds)}
