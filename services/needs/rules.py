"""The rule files that ship with the service: read once, checked whole, handed to the domain as plain tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.needs.domain.changes import PeopleRules
from services.needs.domain.competencies import Competency, CompetencyKind
from services.needs.domain.evidence import EvidenceKind, EvidenceRules
from services.needs.domain.gaps import Band, MatchRules
from services.needs.domain.needs import OPEN, NeedStatus
from services.needs.domain.plan import Form
from services.needs.domain.positions import PositionClass
from shared.events.contract import Code, Level, Title
from shared.web.wording import reason

FOLDER = Path(__file__).parent / "rules"
T = TypeVar("T")
Months = Annotated[int, Field(ge=1, le=120, strict=True)]
Days = Annotated[int, Field(ge=1, le=1_500, strict=True)]
LegalStatus = Annotated[str, Field(pattern=r"^[0-9]{2}$")]


class RuleFileError(ValueError):
    """A rule file that cannot be followed: names the file, the place in it and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """The versions of a rule, oldest first, each with the day from which it holds."""

    versions: tuple[tuple[date, T], ...]

    def on(self, day: date) -> T:
        """The version in force on a day; before all of them, the oldest."""
        return next((version for since, version in reversed(self.versions) if since <= day), self.versions[0][1])


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VersionPart(_Part):
    """What every version of every rule says: from when on it holds, and where it is written."""

    effective_from: date
    source: Annotated[str, Field(min_length=1)]


PartT = TypeVar("PartT", bound=VersionPart)


class _File(_Part, Generic[PartT]):
    versions: tuple[PartT, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _oldest_first(self) -> Self:
        if any(later.effective_from <= earlier.effective_from for earlier, later in pairwise(self.versions)):
            raise ValueError("setiap versi harus mulai sesudah versi sebelumnya")
        return self


class CompetencyPart(_Part):
    code: Code
    title: Title
    kind: CompetencyKind


class CompetenciesVersion(VersionPart):
    """The core competencies."""

    competencies: tuple[CompetencyPart, ...] = Field(min_length=1)

    def table(self) -> tuple[Competency, ...]:
        return tuple(Competency(code=each.code, title=each.title, kind=each.kind) for each in self.competencies)


class ClassLevelsVersion(VersionPart):
    """The default level of each class; every class has one."""

    levels: Mapping[PositionClass, Level]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if absent := set(PositionClass) - self.levels.keys():
            raise ValueError(f"kelas tanpa level: {', '.join(sorted(absent))}")
        return self

    def table(self) -> Mapping[PositionClass, int]:
        return self.levels


class EvidenceVersion(VersionPart):
    """Validity and weight of evidence; every kind has both."""

    months: Mapping[EvidenceKind, Months]
    decides_core: frozenset[EvidenceKind]
    never_decides: frozenset[EvidenceKind]
    closes_needs: frozenset[EvidenceKind]
    same_day_order: tuple[EvidenceKind, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.months) != set(EvidenceKind) or sorted(self.same_day_order) != sorted(EvidenceKind):
            raise ValueError("setiap jenis bukti harus ada tepat satu kali")
        return self

    def table(self) -> EvidenceRules:
        return EvidenceRules(
            months=self.months,
            decides_core=self.decides_core,
            never_decides=self.never_decides,
            closes_needs=self.closes_needs,
            same_day_order=self.same_day_order,
        )


class BandPart(_Part):
    code: Code
    title: Title
    from_percent: int = Field(ge=0, le=100, strict=True)


Bands = Annotated[tuple[BandPart, ...], Field(min_length=1)]


class MatchVersion(VersionPart):
    """The tables of bands; each goes down to 0."""

    appointment: Bands
    mapping: Bands
    gap_index: Bands

    @model_validator(mode="after")
    def _down_to_zero(self) -> Self:
        for bands in (self.appointment, self.mapping, self.gap_index):
            if bands[-1].from_percent or any(one.from_percent <= next_.from_percent for one, next_ in pairwise(bands)):
                raise ValueError("pita harus menurun sampai 0")
        return self

    def table(self) -> MatchRules:
        return MatchRules(
            appointment=tuple(Band(**part.model_dump()) for part in self.appointment),
            mapping=tuple(Band(**part.model_dump()) for part in self.mapping),
            gap_index=tuple(Band(**part.model_dump()) for part in self.gap_index),
        )


class FormPart(_Part):
    id: int = Field(ge=1, le=25, strict=True)
    name: Title
    service: Annotated[str, Field(pattern=r"^(training|mentoring)$")]


class FormsVersion(VersionPart):
    """The forms of development."""

    forms: tuple[FormPart, ...] = Field(min_length=1)

    def table(self) -> Mapping[int, Form]:
        return {part.id: Form(**part.model_dump()) for part in self.forms}


class PeopleVersion(VersionPart):
    """Legal statuses, and the hours of an agreement."""

    on_duty: frozenset[LegalStatus]
    left: frozenset[LegalStatus]
    agreement_hours: int = Field(ge=0, le=1_000, strict=True)

    def table(self) -> PeopleRules:
        return PeopleRules(on_duty=self.on_duty, left=self.left, agreement_hours=self.agreement_hours)


class StepsVersion(VersionPart):
    """How long a need may stand in each of its open states."""

    days: Mapping[NeedStatus, Days]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.days) != OPEN:
            raise ValueError("setiap keadaan kebutuhan yang terbuka harus ada tepat satu kali")
        return self

    def table(self) -> Mapping[NeedStatus, int]:
        return self.days


def load(path: Path, part: type[PartT]) -> tuple[PartT, ...]:
    """The versions in a file; raises RuleFileError."""
    shape: type[_File[PartT]] = _File[part]  # type: ignore[valid-type]
    try:
        return shape.model_validate(tomllib.loads(path.read_text("utf-8"))).versions
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleFileError(f"Berkas aturan {path.name} tidak terbaca: {error}") from error
    except ValidationError as error:
        raise RuleFileError(f"Berkas aturan {path.name} salah pada {_first_fault(error)}.") from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    limits = first.get("ctx", {})
    place = ".".join(str(part) for part in first["loc"]) or "versions"
    return f"{place}: {limits['error'] if first['type'] == 'value_error' else reason(first['type'], limits)}"


CORE_COMPETENCIES = Dated(
    tuple((each.effective_from, each.table()) for each in load(FOLDER / "competencies.toml", CompetenciesVersion))
)
CLASS_LEVELS = Dated(
    tuple((each.effective_from, each.table()) for each in load(FOLDER / "class_levels.toml", ClassLevelsVersion))
)
EVIDENCE = Dated(tuple((each.effective_from, each.table()) for each in load(FOLDER / "evidence.toml", EvidenceVersion)))
JOB_PERSON_MATCH = Dated(
    tuple((each.effective_from, each.table()) for each in load(FOLDER / "job_person_match.toml", MatchVersion))
)
FORMS = Dated(tuple((each.effective_from, each.table()) for each in load(FOLDER / "forms.toml", FormsVersion)))
PEOPLE = Dated(tuple((each.effective_from, each.table()) for each in load(FOLDER / "people.toml", PeopleVersion)))
STEP_DAYS = Dated(tuple((each.effective_from, each.table()) for each in load(FOLDER / "steps.toml", StepsVersion)))
