"""Pages rendered on the server: what is put into them is escaped, what is missing is an error."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from shared.web.wording import missing_words

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["count"] = lambda number: "–" if number is None else f"{number:,}".replace(",", ".")
TEMPLATES.filters["missing_words"] = missing_words


def page(template: str, status: int = 200, headers: Mapping[str, str] | None = None, **content: object) -> HTMLResponse:
    """One page of the shell."""
    return HTMLResponse(TEMPLATES.get_template(template).render(content), status, headers)
