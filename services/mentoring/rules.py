"""The rule files that ship with the service: read once, checked whole, handed to the domain as plain tables."""

from __future__ import annotations

import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.mentoring.domain.levels import EvidenceRule
from services.mentoring.domain.matching import MatchingRule
from services.mentoring.domain.mentors import CapacityRule, OnboardingRule
from services.mentoring.domain.pairs import AgreementRule, Period
from shared.events.contract import Code
from shared.web.wording import reason

FOLDER = Path(__file__).parent / "rules"
ALL_POINTS = 100

Points = Annotated[int, Field(ge=0, le=ALL_POINTS, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Months = Annotated[int, Field(ge=0, le=120, strict=True)]


class RuleFileError(ValueError):
    """A rule file that cannot be followed: names the file, the place in it and what is wrong there."""


class Part(BaseModel):
    """A piece of a rule file; what it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class VersionPart(Part):
    """What every version has."""

    effective_from: date
    source: Annotated[str, Field(min_length=1)]


V = TypeVar("V", bound=VersionPart)


class RuleFile(Part, Generic[V]):
    """All versions of a rule."""

    versions: tuple[V, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _oldest_first(self) -> Self:
        if any(later.effective_from <= earlier.effective_from for earlier, later in pairwise(self.versions)):
            raise ValueError("setiap versi harus mulai sesudah versi sebelumnya")
        return self


class _PointsPart(Part):
    gap: Points
    seniority: Points
    kinship: Points
    nearness: Points
    balance: Points

    @model_validator(mode="after")
    def _all(self) -> Self:
        if self.gap + self.seniority + self.kinship + self.nearness + self.balance != ALL_POINTS:
            raise ValueError("jumlah semua bobot harus 100")
        return self


class _FullPart(Part):
    gap: Count
    strength: Count
    years: Count


class _HardPart(Part):
    steps_above: Annotated[int, Field(ge=0, le=5, strict=True)]
    experience_months: Months


class _CapacityPart(Part):
    default: Count
    at_most: Count

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.default > self.at_most:
            raise ValueError("kapasitas baku melebihi kapasitas terbesar")
        return self


class MatchingVersion(VersionPart):
    """A version of matching.toml."""

    points: _PointsPart
    full: _FullPart
    hard: _HardPart
    capacity: _CapacityPart

    def to_domain(self) -> MatchingRule:
        """The version as the domain takes it."""
        return MatchingRule(
            effective_from=self.effective_from,
            **self.points.model_dump(),
            **{f"full_{name}": value for name, value in self.full.model_dump().items()},
            **self.hard.model_dump(),
            capacity=CapacityRule(**self.capacity.model_dump()),
        )


class _PeriodPart(Part):
    at_least: Months
    at_most: Months

    @model_validator(mode="after")
    def _within(self) -> Self:
        if self.at_least > self.at_most:
            raise ValueError("jangka terpendek melebihi jangka terpanjang")
        return self


class AgreementVersion(VersionPart):
    """A version of agreement.toml."""

    achieved_from: Points
    mentoring: _PeriodPart
    coaching: _PeriodPart
    onboarding: _PeriodPart

    def to_domain(self) -> AgreementRule:
        """The version as the domain takes it."""
        return AgreementRule(
            effective_from=self.effective_from,
            achieved_from=self.achieved_from,
            mentoring=Period(**self.mentoring.model_dump()),
            coaching=Period(**self.coaching.model_dump()),
            onboarding=Period(**self.onboarding.model_dump()),
        )


class OnboardingVersion(VersionPart):
    """A version of onboarding.toml."""

    newcomer_months: Months
    competency: Code

    def to_domain(self) -> OnboardingRule:
        """The version as the domain takes it."""
        return OnboardingRule(**self.model_dump(exclude={"source"}))


class EvidenceVersion(VersionPart):
    """A version of evidence.toml."""

    decides_core: frozenset[Code]
    never_decides: frozenset[Code]
    same_day_order: tuple[Code, ...]
    core_kinds: frozenset[Code]

    def to_domain(self) -> EvidenceRule:
        """The version as the domain takes it."""
        return EvidenceRule(**self.model_dump(exclude={"source"}))


def load(path: Path, version: type[V]) -> tuple[V, ...]:
    """The versions in a rule file, oldest first; raises RuleFileError."""
    try:
        return RuleFile[version].model_validate(tomllib.loads(path.read_text("utf-8"))).versions  # type: ignore[valid-type]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleFileError(f"Berkas aturan {path.name} tidak terbaca: {error}") from error
    except ValidationError as error:
        raise RuleFileError(f"Berkas aturan {path.name} salah pada {_first_fault(error)}.") from error


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    limits = first.get("ctx", {})
    place = ".".join(str(part) for part in first["loc"]) or "versions"
    return f"{place}: {limits['error'] if first['type'] == 'value_error' else reason(first['type'], limits)}"


MATCHING = tuple(each.to_domain() for each in load(FOLDER / "matching.toml", MatchingVersion))
AGREEMENT = tuple(each.to_domain() for each in load(FOLDER / "agreement.toml", AgreementVersion))
ONBOARDING = tuple(each.to_domain() for each in load(FOLDER / "onboarding.toml", OnboardingVersion))
EVIDENCE = tuple(each.to_domain() for each in load(FOLDER / "evidence.toml", EvidenceVersion))
