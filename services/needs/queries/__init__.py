"""Reads of the needs service: master data and imports here, the rest by subject."""

from services.needs.queries.master import (
    RecordedEmployee,
    RecordedUnit,
    employee,
    import_of,
    page_of_employees,
    page_of_imports,
    parent_codes,
    person_in_place,
    position_ids,
    recorded_employees,
    recorded_units,
    superior_numbers,
)
from services.needs.queries.scope import SEES_ALL

__all__ = [
    "SEES_ALL",
    "RecordedEmployee",
    "RecordedUnit",
    "employee",
    "import_of",
    "page_of_employees",
    "page_of_imports",
    "parent_codes",
    "person_in_place",
    "position_ids",
    "recorded_employees",
    "recorded_units",
    "superior_numbers",
]
