"""Pages rendered on the server: what is put into them is escaped, what is missing is an error."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from starlette.responses import HTMLResponse

from shared.db import WIB
from shared.web import figures
from shared.web.language import LANGUAGES, counted, language, translated
from shared.web.wording import missing_words


def environment(folders: Mapping[str, Path], zone: tzinfo = WIB, languages: Sequence[str] = ()) -> Environment:
    """The shell's templates, and those of services under their names: ``needs/people.html``.

    languages are those that people may choose on every page.
    """
    services = PrefixLoader({name: FileSystemLoader(folder) for name, folder in folders.items()})
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(Path(__file__).parent / "templates"), services]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    # Newer than the types that come with it.
    made.install_gettext_callables(translated, counted, newstyle=True)  # type: ignore[attr-defined]
    made.filters["tr"] = translated
    made.globals["language"] = language
    made.globals["languages"] = {code: LANGUAGES[code] for code in languages}
    made.filters["count"] = figures.number
    made.filters["number"] = figures.number
    made.filters["day"] = figures.day
    made.filters["days"] = figures.days
    made.filters["moment"] = figures.moment_in(zone)
    made.filters["cell"] = figures.cell_in(zone)
    made.filters["local_day"] = lambda moment: figures.day(moment.astimezone(zone))
    made.filters["rupiah"] = figures.rupiah
    made.filters["masked"] = figures.masked
    made.filters["missing_words"] = missing_words
    # Pages that anybody may see have no frame of a signed-in person around them.
    made.globals["frame"] = None
    return made


SHELL = environment({})


def page(template: str, status: int = 200, headers: Mapping[str, str] | None = None, **content: object) -> HTMLResponse:
    """One page of the shell."""
    return HTMLResponse(SHELL.get_template(template).render(content), status, headers)
