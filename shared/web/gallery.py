"""Every component of pages in every state, with made-up content: to look at, and to copy from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import literal, select
from starlette.responses import HTMLResponse, Response

from shared.web import charts
from shared.web.charts import Value
from shared.web.listing import Asked, Choice, Column, Listing, Shown
from shared.web.seeing import Seeing, may_see

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

GALLERY = "/shell/gallery"
COLOURS = ("ink", "quiet", "paper", "card", "line", "soft", "field", "main", "good", "warn", "bad", "busy")
TONES = (("Selesai", "good"), ("Menunggu", "warn"), ("Terlambat", "bad"), ("Berjalan", "busy"), ("Ditarik", "plain"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A made-up row."""

    title: str
    held_on: date
    hours: int
    state: tuple[str, str]


EXAMPLES = Listing[Example](
    name="Contoh",
    columns=(
        Column(
            "title", "Kegiatan", lambda row: row.title, literal(1), link=lambda _: "#lists", note=lambda _: "Rekaan"
        ),
        Column("held_on", "Tanggal", lambda row: row.held_on, literal(1)),
        Column("hours", "JP", lambda row: row.hours, literal(1)),
        Column("state", "Keadaan", lambda row: row.state[0], tone=lambda row: row.state[1]),
    ),
    rows=lambda _: select(literal(1)),
    read=lambda found: found,
    id=literal(1),
    sort="-held_on",
    choices=(Choice("state", "Keadaan", {"done": "Selesai", "late": "Terlambat"}, lambda _: literal(value=True)),),
    empty="Belum ada kegiatan",
    hint="Kegiatan muncul sesudah kelas ditutup.",
)
ROWS = [
    Example(
        title=f"Lokakarya pelayanan publik {number}", held_on=date(2026, 11, 22 - number), hours=4 * number, state=state
    )
    for number, state in enumerate(TONES, start=1)
]
LEVELS = (
    Value("Pelayanan Publik", 3, 3),
    Value("Mengelola Perubahan", 1, 3),
    Value("Pengembangan Diri dan Orang Lain", 4, 3),
    Value("Perekat Bangsa", 0, 2),
)
LOOP = (
    Value("Kebutuhan", 1_240),
    Value("Direncanakan", 910),
    Value("Belajar", 702),
    Value("Dievaluasi", 515),
    Value("Ditutup", 388),
)
INDEX = (
    Value("I/2025", 78.4),
    Value("II/2025", 80.1),
    Value("III/2025", 79.6),
    Value("IV/2025", 83.2),
    Value("I/2026", 85.9),
)
TEAM = (
    ("Contoh Satu", (0, 1, 2, None, 0)),
    ("Contoh Dua", (1, 0, 0, 3, 2)),
    ("Contoh Tiga", (0, 0, 1, 1, None)),
)
ASPECTS = ("Integritas", "Kerja Sama", "Komunikasi", "Pelayanan Publik", "Perekat Bangsa")


LIST = Shown(
    listing=EXAMPLES,
    path=GALLERY,
    asked=Asked(sort="-held_on", number=2),
    rows=ROWS,
    total=120,
    offered={"state": {"done": "Selesai", "late": "Terlambat"}},
)


@router.get(GALLERY)
async def show_gallery(page: Annotated[Seeing, may_see()]) -> Response:
    """The gallery, for everybody signed in."""
    return await page.show(
        "gallery.html",
        colours=COLOURS,
        day=ROWS[0].held_on,
        list=LIST,
        rings=[charts.ring(14, 20), charts.ring(26, 20), charts.ring(0, 20)],
        bars=charts.bars(LEVELS, highest=5),
        funnel=charts.funnel(LOOP),
        trend=charts.trend(INDEX, standard=80),
        heat_map=charts.heat_map(ASPECTS, TEAM),
    )
