"""What holds in every template of a page: nothing unescaped, nothing the content policy refuses, every form sealed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.conftest import ROOT

REFUSED = {
    "unescaped": re.compile(r"\|\s*safe\b|autoescape\s+false|Markup"),
    "script": re.compile(r"<script|\son[a-z]+\s*=|javascript:", re.IGNORECASE),
    "inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "elsewhere": re.compile(r"""(?:href|src|action)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE),
}
BARE_FORM = re.compile(r'<form[^>]*method="post"(?:(?!</form>|\{\{ caller).)*?</form>', re.IGNORECASE | re.DOTALL)


def faults(template: str) -> list[str]:
    found = [name for name, pattern in REFUSED.items() if pattern.search(template)]
    unsealed = [form for form in BARE_FORM.findall(template) if 'name="formulir"' not in form]
    return found + ["unsealed form" for _ in unsealed]


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("{{ name|safe }}", "unescaped"),
        ("<script>1</script>", "script"),
        ('<p onclick="x()">', "script"),
        ('<p style="color: red">', "inline style"),
        ('<img src="https://elsewhere.example/x.png">', "elsewhere"),
        ('<form class="x" method="post"><button>Kirim</button></form>', "unsealed form"),
    ],
)
def test_planted_fault_is_found(template: str, fault: str) -> None:
    assert faults(template) == [fault]


def test_templates_hold_nothing_that_a_page_may_not(project_files: list[Path]) -> None:
    templates = [path for path in project_files if path.suffix == ".html"]

    found = {str(path.relative_to(ROOT)): faults(path.read_text(encoding="utf-8")) for path in templates}

    assert len(templates) > 4
    assert {path: each for path, each in found.items() if each} == {}
