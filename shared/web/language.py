"""Which language pages speak: Indonesian as the source has it, or English from the catalogs beside templates."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import HTTPConnection

LANGUAGES = {"id": "Bahasa Indonesia", "en": "English"}
"""What each is called in itself."""
SOURCE = "id"
COOKIE = "bangkom-bahasa"
KEPT_SECONDS = 365 * 86_400
SHARED = Path(__file__).parent
LONGEST_ASKED = 200
"""Characters of what a browser says about languages: nobody reads thousands."""
WANTED = re.compile(r"([a-zA-Z]{1,8})(?:-[a-zA-Z0-9-]+)?(?:\s*;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?")

_spoken: ContextVar[str] = ContextVar("language", default=SOURCE)
_folders: list[Path] = [SHARED]


def speak_from(folder: Path) -> Sequence[str]:
    """Take in the catalogs of a service's folder; gives the languages that all of its pages have."""
    if folder not in _folders:
        _folders.append(folder)
        _catalog.cache_clear()
    return [code for code in LANGUAGES if code == SOURCE or catalog_of(folder, code).exists()]


def catalog_of(folder: Path, language: str) -> Path:
    """Where the catalog of a folder lies."""
    return folder / "translations" / f"{language}.po"


def language() -> str:
    """The language of the request that is answered."""
    return _spoken.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Let what is written inside be in this language."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


def translated(message: str) -> str:
    """A text of ours in the language of the request; what no catalog has stays as it is."""
    return str(_catalog(language()).gettext(message)) if message else ""


_ = translated


def counted(one: str, many: str, number: int) -> str:
    """A text of ours for so many: Indonesian has one form, English two."""
    return str(_catalog(language()).ngettext(one, many, number))


def wanted(request: HTTPConnection, offered: Sequence[str]) -> str:
    """The language for a request: the one chosen, else the first its browser asks for of those that are offered."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in offered:
        return chosen
    asked = [
        WANTED.fullmatch(part.strip()) for part in request.headers.get("accept-language", "")[:LONGEST_ASKED].split(",")
    ]
    ranked = sorted((each for each in asked if each), key=lambda each: -float(each[2] or 1))
    return next((each[1].lower() for each in ranked if each[1].lower() in offered and each[2] != "0"), SOURCE)


@cache
def _catalog(code: str) -> gettext.NullTranslations:
    found = gettext.NullTranslations()
    for folder in reversed(_folders):
        if (path := catalog_of(folder, code)).exists():
            layer = gettext.GNUTranslations(io.BytesIO(_read(path)))
            layer.add_fallback(found)
            found = layer
    return found


@cache
def _read(path: Path) -> bytes:
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    return compiled.getvalue()
