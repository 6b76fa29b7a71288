"""The rule files that ship with the service: read once, checked whole, handed to the domain as plain tables."""

from __future__ import annotations

import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.training.domain import (
    FORMS,
    Counting,
    LearningHourRule,
    Rate,
    RateTable,
    Scope,
    TargetRule,
    TargetVersion,
)
from services.training.domain.enrolments import WHOLE
from shared.events.contract import Code
from shared.web.wording import reason

FOLDER = Path(__file__).parent / "rules"

FormCode = Annotated[str, StringConstraints(pattern=r"^[ABC][1-9][0-9]?$")]
Hours = Annotated[int, Field(ge=0, le=1_000, strict=True)]


class RuleFileError(ValueError):
    """A rule file that cannot be followed: names the file, the place in it and what is wrong there."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _RatePart(_Part):
    counting: Counting
    national: Hours | None = None
    international: Hours | None = None
    percent_international: int = Field(default=WHOLE, ge=WHOLE, le=1_000, strict=True)
    times_per_month: int | None = Field(default=None, ge=1, strict=True)

    @model_validator(mode="after")
    def _hours_where_they_decide(self) -> Self:
        given = {self.national is not None, self.international is not None}
        if given != {self.counting is not Counting.PROGRAM}:
            raise ValueError("national dan international diisi kecuali untuk PROGRAM")
        if self.times_per_month is not None and self.counting is not Counting.TIME:
            raise ValueError("times_per_month hanya untuk TIME")
        return self

    def rate(self) -> Rate:
        return Rate(
            counting=self.counting,
            hours={Scope.NATIONAL: self.national or 0, Scope.INTERNATIONAL: self.international or 0},
            percent={Scope.NATIONAL: WHOLE, Scope.INTERNATIONAL: self.percent_international},
            times_per_month=self.times_per_month,
        )


class _VersionPart(_Part):
    effective_from: date
    source: Annotated[str, Field(min_length=1)]


class _RateTablePart(_VersionPart):
    codes: dict[int, FormCode]
    rates: dict[FormCode, _RatePart]

    @model_validator(mode="after")
    def _every_form(self) -> Self:
        if self.codes.keys() != FORMS.keys():
            raise ValueError("setiap bentuk 1 sampai 25 memerlukan satu kode")
        return self


class _TargetPart(_VersionPart):
    active: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")], ...] = Field(min_length=1)
    hours: dict[Code, Hours]


def _oldest_first(versions: tuple[_VersionPart, ...]) -> None:
    if any(later.effective_from <= earlier.effective_from for earlier, later in pairwise(versions)):
        raise ValueError("setiap versi harus mulai sesudah versi sebelumnya")


class _RateFile(_Part):
    name: Code
    versions: tuple[_RateTablePart, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _oldest_first(self.versions)
        return self


class _TargetFile(_Part):
    name: Code
    versions: tuple[_TargetPart, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _oldest_first(self.versions)
        return self


FileT = TypeVar("FileT", _RateFile, _TargetFile)


def load_learning_hours(path: Path) -> LearningHourRule:
    """The table of learning hours in a file; raises RuleFileError."""
    file = _read(path, _RateFile)
    versions = tuple(
        RateTable(
            effective_from=part.effective_from,
            codes=part.codes,
            rates={code: rate.rate() for code, rate in part.rates.items()},
        )
        for part in file.versions
    )
    return LearningHourRule(name=file.name, versions=versions)


def load_target(path: Path) -> TargetRule:
    """The yearly target in a file; raises RuleFileError."""
    file = _read(path, _TargetFile)
    versions = tuple(
        TargetVersion(effective_from=part.effective_from, hours=part.hours, active=frozenset(part.active))
        for part in file.versions
    )
    return TargetRule(name=file.name, versions=versions)


def _read(path: Path, shape: type[FileT]) -> FileT:
    try:
        return shape.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleFileError(f"Berkas aturan {path.name} tidak terbaca: {error}") from error
    except ValidationError as error:
        raise RuleFileError(f"Berkas aturan {path.name} salah pada {_first_fault(error)}.") from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    limits = first.get("ctx", {})
    place = ".".join(str(part) for part in first["loc"]) or "versions"
    return f"{place}: {limits['error'] if first['type'] == 'value_error' else reason(first['type'], limits)}"


LEARNING_HOURS = load_learning_hours(FOLDER / "learning_hours.toml")
LEARNING_HOURS_TARGET = load_target(FOLDER / "learning_hours_target.toml")
