"""Positions: a title with its job kind and class."""

from dataclasses import dataclass
from enum import StrEnum


class JobKind(StrEnum):
    """Kinds of jobs of civil servants; EXECUTOR is the pelaksana, once called general functional."""

    STRUCTURAL = "STRUCTURAL"
    FUNCTIONAL = "FUNCTIONAL"
    EXECUTOR = "EXECUTOR"


class PositionClass(StrEnum):
    """Classes of positions (jenjang jabatan); within the structural kind from the highest down."""

    JPT_UTAMA = "JPT_UTAMA"
    JPT_MADYA = "JPT_MADYA"
    JPT_PRATAMA = "JPT_PRATAMA"
    ADMINISTRATOR = "ADMINISTRATOR"
    PENGAWAS = "PENGAWAS"
    PELAKSANA = "PELAKSANA"
    JF_PEMULA = "JF_PEMULA"
    JF_TERAMPIL = "JF_TERAMPIL"
    JF_MAHIR = "JF_MAHIR"
    JF_PENYELIA = "JF_PENYELIA"
    JF_AHLI_PERTAMA = "JF_AHLI_PERTAMA"
    JF_AHLI_MUDA = "JF_AHLI_MUDA"
    JF_AHLI_MADYA = "JF_AHLI_MADYA"
    JF_AHLI_UTAMA = "JF_AHLI_UTAMA"

    @property
    def job_kind(self) -> JobKind:
        """The kind of job this class belongs to."""
        if self in STRUCTURAL_CLASSES:
            return JobKind.STRUCTURAL
        return JobKind.EXECUTOR if self is PositionClass.PELAKSANA else JobKind.FUNCTIONAL


STRUCTURAL_CLASSES = (
    PositionClass.JPT_UTAMA,
    PositionClass.JPT_MADYA,
    PositionClass.JPT_PRATAMA,
    PositionClass.ADMINISTRATOR,
    PositionClass.PENGAWAS,
)
"""Structural classes, the highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One position; the same title in two classes is two positions."""

    title: str
    position_class: PositionClass

    @property
    def job_kind(self) -> JobKind:
        """The kind of job, which the class decides."""
        return self.position_class.job_kind
