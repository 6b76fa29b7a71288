"""The rule files that ship with the service: read once, checked whole, handed to the domain as plain tables."""

from __future__ import annotations

import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.evaluation.domain import FollowUpPlan, LearningRule, RuleVersion, Target
from shared.events.contract import Code
from shared.web.wording import reason

FOLDER = Path(__file__).parent / "rules"


class RuleFileError(ValueError):
    """A rule file that cannot be followed: names the file, the place in it and what is wrong there."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _FollowUpPart(_Part):
    kind: Code
    cause: Code
    target: Target
    due_in_days: int = Field(ge=1, le=366, strict=True)


class _VersionPart(_Part):
    effective_from: date
    source: Annotated[str, Field(min_length=1)]
    default_pass_mark: int = Field(ge=0, le=100, strict=True)
    follow_up: _FollowUpPart


class _LearningFile(_Part):
    name: Code
    versions: tuple[_VersionPart, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _oldest_first(self) -> Self:
        if any(later.effective_from <= earlier.effective_from for earlier, later in pairwise(self.versions)):
            raise ValueError("setiap versi harus mulai sesudah versi sebelumnya")
        return self


def load_learning_rule(path: Path) -> LearningRule:
    """The rule of level 2 in a file; raises RuleFileError."""
    try:
        file = _LearningFile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleFileError(f"Berkas aturan {path.name} tidak terbaca: {error}") from error
    except ValidationError as error:
        raise RuleFileError(f"Berkas aturan {path.name} salah pada {_first_fault(error)}.") from error
    return LearningRule(name=file.name, versions=tuple(_version(part) for part in file.versions))


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    limits = first.get("ctx", {})
    place = ".".join(str(part) for part in first["loc"]) or "versions"
    return f"{place}: {limits['error'] if first['type'] == 'value_error' else reason(first['type'], limits)}"


def _version(part: _VersionPart) -> RuleVersion:
    return RuleVersion(
        effective_from=part.effective_from,
        default_pass_mark=part.default_pass_mark,
        follow_up=FollowUpPlan(**part.follow_up.model_dump()),
    )


LEARNING_OF_PERSON = load_learning_rule(FOLDER / "l2_person.toml")
