"""Why a request is refused before it reaches any work."""

from typing import ClassVar

from shared.errors import DomainError


class NotSignedIn(DomainError):
    """No valid sign-in or token came with the request."""

    status = 401
    code = "not-signed-in"
    headers: ClassVar = {"WWW-Authenticate": "Bearer"}


class ChangePasswordFirst(DomainError):
    """The password was given by somebody else: until its owner has changed it, it opens nothing."""

    status = 403
    code = "change-password-first"


class TooManyAttempts(DomainError):
    """The name, or this address, has tried too often in vain; whether the name exists stays open."""

    status = 429
    code = "too-many-attempts"

    def __init__(self, detail: str, *, wait_seconds: int) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(wait_seconds)}
