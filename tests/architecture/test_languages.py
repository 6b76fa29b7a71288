"""What pages say stands in two languages: no text outside a catalog, no catalog with gaps."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from shared.web.catalogs import bring_up_to_date, faults, texts_of
from shared.web.language import catalog_of
from tests.architecture.conftest import ROOT

SHELL = ROOT / "shared" / "web"
SPEAKING = [SHELL, *(ROOT / "services" / name for name in ("needs", "training", "mentoring", "evaluation"))]
"""The folders whose pages speak English too; a service does when it has a catalog, and then on all of its pages."""
INDONESIAN_SO_FAR = {"audit.html", "delivery.html", "slips.html"}
"""Pages of the shell for operators and auditors, and what they print."""

TEMPLATES = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
CLASSES = frozenset(re.findall(r"\.([a-z][a-z-]*)", (SHELL / "static" / "bangkom.css").read_text(encoding="utf-8")))
IN_EVERY_LANGUAGE = re.compile(r"\b(Bangkom|OpenAPI|JP|NIP|LAN)\b|&[a-z]+;|\d+/\d+")
SPOKEN_ATTRIBUTES = re.compile(r'\b(?:aria-label|data-label|title|placeholder|alt)="([^"]*)"')
WORDS = re.compile(r"[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Z][a-z]+|[a-z]+[ ,;:][ a-z]")


def loose_texts(source: str) -> list[str]:
    """Texts of a template that no catalog can have: between tags, in attributes that are read, in expressions."""
    page = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "\0", source, flags=re.DOTALL)
    spoken = SPOKEN_ATTRIBUTES.findall(page)
    between = re.split(r"<[^>]*>|\0", re.sub(r'[a-z-]+="[^"]*"', "", page))
    found = [text.strip() for text in (*spoken, *between) if WORDS.search(IN_EVERY_LANGUAGE.sub("", text))]
    return found + [text for text in _constants(TEMPLATES.parse(source)) if _is_spoken(text)]


def _constants(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in {"_", "ngettext"}:
        for keyword in node.kwargs:
            yield from _constants(keyword)
        return
    if isinstance(node, nodes.Import | nodes.FromImport | nodes.Extends | nodes.Compare | nodes.Filter | nodes.Include):
        # What is imported, compared or how it is filtered is no text; what is filtered may hold some.
        if isinstance(node, nodes.Filter) and node.node is not None:
            yield from _constants(node.node)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from _constants(child)


def _is_spoken(text: str) -> bool:
    return bool(SENTENCE.search(IN_EVERY_LANGUAGE.sub("", text))) and not set(text.split()) <= CLASSES


def templates_of(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / "templates").glob("*.html")) if path.name not in INDONESIAN_SO_FAR]


@pytest.mark.parametrize(
    "template",
    [
        "<p>Simpan</p>",
        '<td data-label="Keadaan">',
        "{{ badge('Menunggu', 'warn') }}",
        "{{ m.field('name', label='nama pegawai') }}",
        "{{ _('%(x)s baris', x='Semua') }}",
        "{{ 'Kurang ' ~ gap }}",
        "{{ 'Terlambat' | lower }}",
    ],
)
def test_planted_text_is_found(template: str) -> None:
    assert loose_texts(template)


@pytest.mark.parametrize(
    "template",
    [
        "<p class=\"hint\">{{ _('Simpan') }} · 20 JP</p>",
        "{{ m.form(frame, here ~ '/scores', 'panel filter row') }}",
        "{% if row.scope == 'INTERNATIONAL' %}{{ words | join(', ') }}{% endif %}",
        "{# Ein Kommentar #}{% extends 'page.html' %}",
    ],
)
def test_what_is_no_text_is_not_taken_for_one(template: str) -> None:
    assert loose_texts(template) == []


@pytest.mark.parametrize("folder", SPEAKING, ids=lambda folder: folder.name)
def test_templates_hold_no_text_outside_catalogs(folder: Path) -> None:
    found = {path.name: loose_texts(path.read_text(encoding="utf-8")) for path in templates_of(folder)}

    assert found
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize("folder", SPEAKING, ids=lambda folder: folder.name)
def test_catalogs_have_every_text_and_nothing_else(folder: Path) -> None:
    assert len(texts_of(folder)) > 50
    assert faults(folder, "en") == []


def test_services_with_a_catalog_are_those_that_are_held_to_it() -> None:
    speaking = {path.parent.parent for path in (ROOT / "services").glob("*/translations/en.po")}

    assert speaking == set(SPEAKING) - {SHELL}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with one template and its catalog."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "one.html").write_text('{{ _("Satu %(n)s", n=1) }}', encoding="utf-8")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "words.py").write_text('NAMES = {"A": ("Dua", "good")}\n', encoding="utf-8")
    shutil.copy(ROOT / "services" / "training" / "app.py", tmp_path)
    bring_up_to_date(tmp_path, "en")
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('msgid "Dua"\nmsgstr ""', 'msgid "Dua"\nmsgstr "Two"', None),
        ("nothing", "nothing", "not translated: Dua"),
        ('msgid "Dua"\nmsgstr ""', '#, fuzzy\nmsgid "Dua"\nmsgstr "Two"', "not translated: Dua"),
        ('msgid "Dua"\nmsgstr ""', "", "missing: Dua"),
        ('msgid "Dua"', 'msgid "Tiga"', "nobody shows: Tiga"),
        ('msgid "Satu %(n)s"\nmsgstr ""', 'msgid "Satu %(n)s"\nmsgstr "One %(m)s"', "other placeholders: Satu %(n)s"),
    ],
)
def test_faults_of_a_catalog_are_found(small: Path, before: str, after: str, fault: str | None) -> None:
    path = catalog_of(small, "en")
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")

    found = faults(small, "en")

    assert fault in found if fault else "not translated: Dua" not in found


def test_words_of_a_catalog_are_kept_when_it_is_brought_up_to_date(small: Path) -> None:
    path = catalog_of(small, "en")
    written = path.read_text(encoding="utf-8").replace('msgid "Dua"\nmsgstr ""', 'msgid "Dua"\nmsgstr "Two"')
    path.write_text(written, encoding="utf-8")

    bring_up_to_date(small, "en")

    assert path.read_text(encoding="utf-8") == written
