"""Forms of pages: what was typed, whether it comes from a page of ours, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, get_origin
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request

from shared.errors import Invalid, NotAllowed
from shared.ids import new_id
from shared.web.cookies import is_sealed, seal
from shared.web.wording import reason

M = TypeVar("M", bound=BaseModel)
MANY_FIELDS = 5_000
SEAL = "formulir"
ONCE = "sekali"
_SEALED = "bangkom form"
_LISTS = (list, tuple, frozenset, set)


class FormRefused(Invalid):
    """Some fields cannot be taken as they were filled in."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("Periksa kembali isian yang ditandai.")
        self.fields = fields


class Typed:
    """What somebody typed into a form; empty before anything was sent."""

    def __init__(self, form: FormData | None = None) -> None:
        self._form = form if form is not None else FormData()

    def get(self, name: str, default: object = "") -> str:
        """The text of a field; the default where the form did not have it."""
        value = self._form.get(name)
        return value if isinstance(value, str) else str(default if default is not None else "")

    def all(self, name: str) -> list[str]:
        """Everything that was chosen under one name."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def pairs(self) -> list[tuple[str, str]]:
        """Every field in the order in which it was sent."""
        return [(name, value) for name, value in self._form.multi_items() if isinstance(value, str)]

    def __bool__(self) -> bool:
        return bool(self._form)


def filled(model: type[M], typed: Typed, **known: object) -> M:
    """The model filled in with what was typed, blank fields left out; FormRefused names the fields that are wrong.

    known are values that do not come from the form, such as an id in the path. A field that holds several values is a
    list, tuple or set in the model.
    """
    given: dict[str, object] = {}
    for name, field in model.model_fields.items():
        if name in known:
            given[name] = known[name]
        elif get_origin(field.annotation) in _LISTS:
            given[name] = [value for value in typed.all(name) if value.strip()]
        elif text := typed.get(name).strip():
            given[name] = text
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise FormRefused(_reasons(error)) from None


def _reasons(error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in error.errors(include_input=False, include_url=False):
        context = each.get("ctx", {})
        name = str(each["loc"][0]) if each["loc"] else ""
        # A refusal of our own models is worded for people already.
        told = str(context["error"]) if each["type"] == "value_error" else reason(each["type"], context)
        found.setdefault(name, told)
    return found


def form_seal(secret: str) -> str:
    """The mark of forms shown to the browser that holds this secret."""
    return seal(secret, _SEALED)


def new_key() -> str:
    """The name of one form as it was shown, so that sending it twice has one effect."""
    return str(new_id())


async def sent_form(request: Request, secret: str | None, base_url: str | None) -> Typed:
    """The form that came, if a page of ours sent it; NotAllowed otherwise."""
    form = await request.form(max_files=0, max_fields=MANY_FIELDS)
    mark = form.get(SEAL)
    if (
        secret is None
        or not isinstance(mark, str)
        or not is_sealed(secret, _SEALED, mark)
        or not _from_here(request, base_url)
    ):
        raise NotAllowed("Formulir ini tidak berlaku lagi. Muat ulang halamannya, lalu kirim kembali.")
    return Typed(form)


def _from_here(request: Request, base_url: str | None) -> bool:
    """Whether the browser says that one of our pages sent this; old ones say nothing, and the seal must do."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    ours = urlsplit(base_url) if base_url else request.url
    return origin == f"{ours.scheme}://{ours.netloc}"
