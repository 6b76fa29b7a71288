"""Competencies of the agency's dictionary, and what each position asks of them (PermenPANRB 38/2017)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.needs.domain.positions import PositionClass


class CompetencyKind(StrEnum):
    """Kinds of competencies; GOVERNMENT is that of heads of regional offices (UU 23/2014 Pasal 233)."""

    MANAGERIAL = "MANAGERIAL"
    SOCIO_CULTURAL = "SOCIO_CULTURAL"
    TECHNICAL = "TECHNICAL"
    GOVERNMENT = "GOVERNMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Competency:
    """One competency; the code stays, the title may be corrected."""

    code: str
    title: str
    kind: CompetencyKind


class Basis(StrEnum):
    """Where a required level comes from; DEFAULT is that of the class (bawaan), which holds from the first day."""

    DEFAULT = "DEFAULT"
    CLASS = "CLASS"
    POSITION = "POSITION"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredLevel:
    """The level 1 to 5 that a position asks of one competency, and where it comes from."""

    level: int
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards:
    """All standards of the agency: class defaults for the core competencies, and what was recorded beside them."""

    defaults: Mapping[PositionClass, int]
    core: AbstractSet[str]
    classes: Mapping[PositionClass, Mapping[str, int]]
    positions: Mapping[UUID, Mapping[str, int]]

    def of_class(self, position_class: PositionClass) -> dict[str, RequiredLevel]:
        """What a class asks: its recorded standard, and the default for core competencies that it does not name."""
        default = RequiredLevel(level=self.defaults[position_class], basis=Basis.DEFAULT)
        recorded = self.classes.get(position_class, {})
        own = {code: RequiredLevel(level=level, basis=Basis.CLASS) for code, level in recorded.items()}
        return dict(sorted((dict.fromkeys(self.core, default) | own).items()))

    def of(self, position_id: UUID | None, position_class: PositionClass) -> dict[str, RequiredLevel]:
        """What a position asks: the levels of its own duties where they are recorded, else those of its class."""
        duties = self.positions.get(position_id, {}) if position_id else {}
        own = {code: RequiredLevel(level=level, basis=Basis.POSITION) for code, level in duties.items()}
        return dict(sorted((self.of_class(position_class) | own).items()))

    def levels(self, position_id: UUID | None, position_class: PositionClass) -> dict[str, int]:
        """The levels alone, by competency."""
        return {code: required.level for code, required in self.of(position_id, position_class).items()}
