"""Which texts pages show, found in templates and code, and whether the catalogs of other languages have all of them.

``python -m shared.web.catalogs shared/web services/needs …`` brings the catalogs up to date: what is new waits there
for its words, what nobody shows any more is gone.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from shared.web.language import LANGUAGES, SOURCE, catalog_of

Text = str | tuple[str, str]
"""A text, or its forms for one and for many."""

WORD_FILES = frozenset({"words.py", "wording.py", "numbers.py", "timeline.py"})
"""Files whose constants are words: what pages call the codes of a service."""
TONES = frozenset({"good", "warn", "bad", "busy", "plain"})
TEXTS_OF: dict[str, tuple[int | str, ...]] = {
    "_": (0,),
    "Column": (1,),
    "Choice": (1, 2, "every"),
    "Listing": ("name", "search_title", "empty", "hint"),
    "Link": ("title",),
    "Fact": (0, 3),
    "Figure": (1,),
    "_unit": (0,),
    "Said": ("sentence",),
    "_said": (1,),
    "ValueError": (0,),
    "Service": ("title", "summary"),
    "Invalid": (0,),
    "NotFound": (0,),
    "NotAllowed": (0,),
    "Conflict": (0,),
    "NotSignedIn": (0,),
    "say": (2,),
    "_page": (2,),
}
"""Calls that are given texts, and as which arguments."""
OF_SHELL = (
    *("doing.py", "entrance.py", "forms.py", "gallery.py", "listing.py", "own_password.py", "provider_entrance.py"),
    *("signed_in.py", "wording.py"),
)
"""Modules of the shell that word something for every page."""
TEMPLATE_OPTIONS = {"trimmed": "true", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}")


def texts_of(folder: Path) -> set[Text]:
    """Every text of the pages of a folder, such as shared/web or a service."""
    found: set[Text] = set()
    for template in sorted((folder / "templates").glob("*.html")):
        found.update(_of_template(template))
    of_service = [folder / "app.py", *(folder / "pages").glob("*.py")]
    pages = of_service if (folder / "pages").is_dir() else [folder / name for name in OF_SHELL]
    for path in pages:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found.update(_of_calls(tree))
        if path.name in WORD_FILES:
            found.update(_words(tree))
    return {text for text in found if text}


def faults(folder: Path, language: str) -> list[str]:
    """What is wrong with the catalog of a folder: texts without words, unsure ones, and ones that nobody shows."""
    catalog = _read(catalog_of(folder, language))
    wanted = texts_of(folder)
    known = {message.id: message for message in catalog if message.id}
    found = [f"missing: {text}" for text in sorted(wanted - known.keys(), key=str)]
    found += [f"nobody shows: {text}" for text in sorted(known.keys() - wanted, key=str)]
    for text, message in known.items():
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(words):
            found.append(f"not translated: {text}")
        elif any(_placeholders(each) != _placeholders(text) for each in words):
            found.append(f"other placeholders: {text}")
    return found


def bring_up_to_date(folder: Path, language: str) -> None:
    """Write the catalog with exactly the texts that there are; their words are kept."""
    path = catalog_of(folder, language)
    old = _read(path) if path.exists() else Catalog(locale=language)
    new = Catalog(locale=language, project="Bangkom", fuzzy=False)
    for text in sorted(texts_of(folder), key=str):
        kept = old.get(text if isinstance(text, str) else text[0])
        new.add(text, kept.string if kept else None)
    write(path, new, language)


def write(path: Path, catalog: Catalog, language: str) -> None:
    """Write a catalog without a moment or a tool in it, so that the same texts make the same file."""
    path.parent.mkdir(exist_ok=True)
    content = BytesIO()
    write_po(content, catalog, omit_header=True, width=0)
    head = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plural = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    path.write_text(head + plural + content.getvalue().decode().lstrip("\n"), encoding="utf-8")


def _read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source)


def _of_template(path: Path) -> Iterator[Text]:
    with path.open("rb") as source:
        for _, called, message, _ in babel_extract(source, ("_", "ngettext"), [], TEMPLATE_OPTIONS):
            given = [each for each in (message if isinstance(message, tuple) else (message,)) if isinstance(each, str)]
            if called == "ngettext":
                yield (given[0], given[1])
            elif given:
                yield given[0]


def _of_calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.value if isinstance(node.func, ast.Subscript) else node.func
        name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        for which in TEXTS_OF.get(name, ()):
            given = named.get(which) if isinstance(which, str) else dict(enumerate(node.args)).get(which)
            if given is not None:
                yield from _values(given)


def _words(tree: ast.Module) -> Iterator[str]:
    """The texts that stand as values in the constants of a file of words."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            yield from _values(statement.value)


def _values(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and node.value not in TONES and not node.value.isupper():
            yield node.value
    elif isinstance(node, ast.Tuple | ast.List):
        for each in node.elts:
            yield from _values(each)
    elif isinstance(node, ast.Dict):
        for each in node.values:
            yield from _values(each)
    elif isinstance(node, ast.IfExp):
        yield from _values(node.body)
        yield from _values(node.orelse)


def _placeholders(text: object) -> set[str]:
    return set(PLACEHOLDER.findall(" ".join(text) if isinstance(text, tuple | list) else str(text)))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for code in LANGUAGES.keys() - {SOURCE}:
            bring_up_to_date(Path(name), code)
