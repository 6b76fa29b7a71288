"""A kind of import contract: some modules import each other, the standard library and a short list, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def stands_under(module: str, roots: Iterable[str]) -> bool:
    """Whether a module is one of the roots or lies inside one; a root may hold ``*``."""
    return any(fnmatchcase(module, root) or fnmatchcase(module, f"{root}.*") for root in roots)


class OnlyContract(Contract):
    """`modules` may import `allowed` and the standard library without `refused`.

    A list of what is allowed needs no care when a library or a module is added; a list of what is forbidden does.
    """

    modules = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField())
    refused = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        modules = cast("list[str]", self.modules)
        offences = [
            f"{importer} imports {imported}"
            for importer in sorted(m for m in graph.modules if stands_under(m, modules))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not self._permits(imported, modules)
        ]
        return ContractCheck(kept=not offences, metadata={"offences": offences})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for offence in cast("list[str]", check.metadata["offences"]):
            output.print_error(offence)

    def _permits(self, imported: str, modules: list[str]) -> bool:
        if stands_under(imported, modules) or stands_under(imported, cast("list[str]", self.allowed)):
            return True
        library = imported.split(".", maxsplit=1)[0] in sys.stdlib_module_names
        return library and not stands_under(imported, cast("list[str]", self.refused))
