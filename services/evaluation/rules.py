"""The rule files that ship with the service: read once, checked whole, handed to the domain as plain tables."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.evaluation.domain.behaviour import BehaviourPlans, BehaviourVersion
from services.evaluation.domain.citizens import Band, ServiceVersion
from services.evaluation.domain.follow_ups import RoundsVersion
from services.evaluation.domain.learning import ClassLearningVersion, LearningRule, LearningVersion
from services.evaluation.domain.reaction import ReactionVersion
from services.evaluation.domain.rules import FollowUpPlan, Rule, Target, VersionT
from services.evaluation.domain.selection import SelectionVersion
from shared.events.contract import Code
from shared.web.wording import reason

FOLDER = Path(__file__).parent / "rules"

Percent = Annotated[int, Field(ge=0, le=100, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Days = Annotated[int, Field(ge=1, le=366, strict=True)]
Mark = Annotated[Decimal, Field(ge=1, le=4)]
Index = Annotated[Decimal, Field(ge=25, le=100)]
Items = Annotated[tuple[Code, ...], Field(min_length=1)]


class RuleFileError(ValueError):
    """A rule file that cannot be followed: names the file, the place in it and what is wrong there."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _FollowUpPart(_Part):
    kind: Code
    cause: Code
    target: Target
    due_in_days: Days

    def plan(self) -> FollowUpPlan:
        return FollowUpPlan(**self.model_dump())


class _VersionPart(_Part):
    effective_from: date
    source: Annotated[str, Field(min_length=1)]


class _LearningPart(_VersionPart):
    default_pass_mark: Percent
    follow_up: _FollowUpPart
    second_round: _FollowUpPart | None = None


class _ClassLearningPart(_VersionPart):
    minimum_pairs: Count
    low_gain_below: Annotated[Decimal, Field(ge=0, le=1)]
    mean_pre_below: Percent


class _ReactionPart(_VersionPart):
    answer_within_days: Days
    items: Items
    benefit_item: Code
    low_score: Annotated[int, Field(ge=1, le=4, strict=True)]
    low_share_percent: Percent
    minimum_index: Index
    minimum_answers: Count
    shown_from: Count
    pool_months: Count

    @model_validator(mode="after")
    def _benefit_is_asked(self) -> Self:
        if self.benefit_item not in self.items:
            raise ValueError("benefit_item harus salah satu dari items")
        return self


class _PlansPart(_Part):
    no_opportunity: _FollowUpPart
    no_support: _FollowUpPart
    gap: _FollowUpPart
    not_mastered: _FollowUpPart
    not_applied: _FollowUpPart


class _BehaviourPart(_VersionPart):
    items: Items
    weak_below: Mark
    good_from: Mark
    failing_score: Annotated[int, Field(ge=1, le=4, strict=True)]
    minimum_others: Count
    plans: _PlansPart


class _SelectionPart(_VersionPart):
    opens_after_days: Days
    answer_within_days: Days
    minimum_learning_hours: Count
    forms: tuple[Annotated[int, Field(ge=1, le=25, strict=True)], ...]
    cost_levels: tuple[Code, ...]
    sample_percent: Percent
    reviews_per_person_and_year: Count
    forms_per_superior_and_month: Count
    peers: Annotated[int, Field(ge=0, strict=True)]
    subordinates: Annotated[int, Field(ge=0, strict=True)]


class _RoundsPart(_VersionPart):
    rounds: Count


class _BandPart(_Part):
    name: Code
    begins_at: Index


class _ServicePart(_VersionPart):
    minimum_index: Index
    bands: Annotated[tuple[_BandPart, ...], Field(min_length=1)]


PartT = TypeVar("PartT", bound=_VersionPart)


class _File(_Part, Generic[PartT]):
    name: Code
    versions: Annotated[tuple[PartT, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _oldest_first(self) -> Self:
        if any(later.effective_from <= earlier.effective_from for earlier, later in pairwise(self.versions)):
            raise ValueError("setiap versi harus mulai sesudah versi sebelumnya")
        return self


def load_learning_rule(path: Path) -> LearningRule:
    """The rule of level 2 in a file; raises RuleFileError."""
    return _load(path, _File[_LearningPart], _learning_version)


def load_rule(path: Path, part: type[PartT], version: type[VersionT]) -> Rule[VersionT]:
    """A rule whose versions hold nothing but numbers, codes and plans; raises RuleFileError."""
    return _load(path, _File[part], lambda each: version(**_plain(each)))  # type: ignore[valid-type]


def _load(path: Path, file_type: type[_File[PartT]], version: Callable[[PartT], VersionT]) -> Rule[VersionT]:
    try:
        document = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
        file = file_type.model_validate(document)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleFileError(f"Berkas aturan {path.name} tidak terbaca: {error}") from error
    except ValidationError as error:
        raise RuleFileError(f"Berkas aturan {path.name} salah pada {_first_fault(error)}.") from error
    return Rule(name=file.name, versions=tuple(version(part) for part in file.versions))


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    limits = first.get("ctx", {})
    place = ".".join(str(part) for part in first["loc"]) or "versions"
    return f"{place}: {limits['error'] if first['type'] == 'value_error' else reason(first['type'], limits)}"


def _learning_version(part: _LearningPart) -> LearningVersion:
    return LearningVersion(
        effective_from=part.effective_from,
        default_pass_mark=part.default_pass_mark,
        follow_up=part.follow_up.plan(),
        second_round=(part.second_round or part.follow_up).plan(),
    )


def _plain(part: _VersionPart) -> dict[str, Any]:
    """The fields of a version as its dataclass takes them; where they come from stays in the file."""
    fields = {name: getattr(part, name) for name in type(part).model_fields if name != "source"}
    if isinstance(part, _BehaviourPart):
        plans = {name: getattr(part.plans, name).plan() for name in _PlansPart.model_fields}
        fields["plans"] = BehaviourPlans(**plans)
    if isinstance(part, _ServicePart):
        fields["bands"] = tuple(Band(name=band.name, begins_at=band.begins_at) for band in part.bands)
    return fields


REACTION_OF_CLASS = load_rule(FOLDER / "l1_class.toml", _ReactionPart, ReactionVersion)
LEARNING_OF_PERSON = load_learning_rule(FOLDER / "l2_person.toml")
LEARNING_OF_CLASS = load_rule(FOLDER / "l2_class.toml", _ClassLearningPart, ClassLearningVersion)
SELECTION = load_rule(FOLDER / "l3_selection.toml", _SelectionPart, SelectionVersion)
BEHAVIOUR_OF_PERSON = load_rule(FOLDER / "l3_person.toml", _BehaviourPart, BehaviourVersion)
ROUNDS = load_rule(FOLDER / "follow_ups.toml", _RoundsPart, RoundsVersion)
SERVICE_OF_UNIT = load_rule(FOLDER / "l4_unit.toml", _ServicePart, ServiceVersion)

RULES = (
    REACTION_OF_CLASS,
    LEARNING_OF_PERSON,
    LEARNING_OF_CLASS,
    SELECTION,
    BEHAVIOUR_OF_PERSON,
    ROUNDS,
    SERVICE_OF_UNIT,
)


def sources(folder: Path) -> dict[tuple[str, str], str]:
    """By rule and version where its numbers come from, as its file says."""
    documents = [tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))]
    return {
        (document["name"], version["effective_from"].isoformat()): version["source"]
        for document in documents
        for version in document["versions"]
    }


SOURCES = sources(FOLDER)
