"""Work units of the agency: a tree."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One work unit by its code; the top of the tree has no parent."""

    code: str
    name: str
    parent_code: str | None = None
    unit_type: str | None = None
