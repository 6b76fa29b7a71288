"""Tables of the needs service."""

from services.needs.tables.competencies import (
    AssessmentRow,
    ClassStandardRow,
    CompetencyRow,
    EvidenceRow,
    PerformanceRow,
    PositionStandardRow,
)
from services.needs.tables.files import ImportRow, Problem, StagedRow
from services.needs.tables.master import DeputyRow, EmployeeRow, NeedsBase, PositionRow, UnitRow
from services.needs.tables.needs import AnalysisRow, NeedRow, NeedStepRow
from services.needs.tables.plan import DecreeRow, PlanItemRow

__all__ = [
    "AnalysisRow",
    "AssessmentRow",
    "ClassStandardRow",
    "CompetencyRow",
    "DecreeRow",
    "DeputyRow",
    "EmployeeRow",
    "EvidenceRow",
    "ImportRow",
    "NeedRow",
    "NeedStepRow",
    "NeedsBase",
    "PerformanceRow",
    "PlanItemRow",
    "PositionRow",
    "PositionStandardRow",
    "Problem",
    "StagedRow",
    "UnitRow",
]
