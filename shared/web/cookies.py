"""What a browser keeps for us: the sign-in, and a sentence for the next page. Neither can be read by scripts."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from shared.identity.bearer import SIGN_IN_PREFIX
from shared.identity.sign_in import LASTS

SAID_SECONDS = 60
LONGEST_SAID = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """The cookies of one application. Services that share accounts share them; others on the same host do not."""

    accounts: str
    secure: bool

    @property
    def _sign_in(self) -> str:
        return self._name("")

    @property
    def _said(self) -> str:
        return self._name("-kabar")

    @property
    def _visitor(self) -> str:
        return self._name("-tamu")

    def _name(self, suffix: str) -> str:
        # Browsers hold the prefix to its promise: sent back encrypted, and set by this host alone.
        return f"{'__Host-' if self.secure else ''}bangkom-{self.accounts}{suffix}"

    def sign_in(self, request: Request) -> str | None:
        """The token of the sign-in, if one came along."""
        token = request.cookies.get(self._sign_in, "")
        return token if token.startswith(SIGN_IN_PREFIX) and token.isascii() else None

    def keep_sign_in(self, response: Response, token: str) -> None:
        """Remember the sign-in for as long as it can last."""
        self._keep(response, self._sign_in, token, int(LASTS.total_seconds()))
        self._forget(response, self._visitor)

    def forget_sign_in(self, response: Response) -> None:
        """Forget the sign-in."""
        self._forget(response, self._sign_in)
        self._forget(response, self._said)

    def visitor(self, request: Request) -> str | None:
        """What a browser without a sign-in is known by while it shows the sign-in page."""
        return request.cookies.get(self._visitor)

    def keep_visitor(self, response: Response, secret: str) -> None:
        """Know this browser again when the form comes back."""
        self._keep(response, self._visitor, secret, int(LASTS.total_seconds()))

    def say(self, response: Response, token: str, sentence: str) -> None:
        """Put a sentence on the next page this sign-in shows."""
        text = base64.urlsafe_b64encode(sentence.encode()[:LONGEST_SAID]).decode()
        self._keep(response, self._said, f"{text}.{seal(token, text)}", SAID_SECONDS)

    def said(self, request: Request, token: str) -> str | None:
        """The sentence left for this page, if it is ours."""
        text, _, mark = request.cookies.get(self._said, "").partition(".")
        if not text or not is_sealed(token, text, mark):
            return None
        try:
            return base64.urlsafe_b64decode(text).decode(errors="ignore")
        except (binascii.Error, ValueError):
            return None

    def forget_said(self, response: Response) -> None:
        """Show the sentence once only."""
        self._forget(response, self._said)

    def _keep(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax")

    def _forget(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


def seal(secret: str, text: str) -> str:
    """A mark that only who knows the secret can make; the secret cannot be found from it."""
    return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()


def is_sealed(secret: str, text: str, mark: str) -> bool:
    """Whether the mark was made with this secret for this text."""
    return hmac.compare_digest(seal(secret, text).encode(), mark.encode())
