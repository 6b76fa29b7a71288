"""The home page in the states an installation can be in."""

import re
from datetime import date

from shared.clock import Simulated
from shared.web.home import HomeView, ServiceView
from shared.web.pages import page


def shown(home: HomeView) -> str:
    """The words of the page's main part, on one line."""
    html = bytes(page("home.html", home=home).body).decode()
    main = html.split("<main", maxsplit=1)[1].split("</main>", maxsplit=1)[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main.split(">", maxsplit=1)[1]).split())


def service(title: str = "Pelatihan", **known: object) -> ServiceView:
    return ServiceView(name=title.lower(), title=title, **known)  # type: ignore[arg-type]


def test_empty_installation_says_what_to_do_first() -> None:
    steps = ("bangkom import units unit.xlsx", "bangkom import employees pegawai.xlsx")

    words = shown(HomeView(agency="medan", services=[service(employees=0, units=0)], first_steps=steps))

    assert "Belum ada data" in words
    assert all(step in words for step in steps)
    assert "baru memuat" not in words


def test_service_alone_waits_for_the_master_data_of_another() -> None:
    words = shown(HomeView(agency="medan", services=[service(employees=0, units=0)]))

    assert "Pegawai dan unit kerja muncul di sini begitu tercatat sebagai data induk." in words


def test_figures_stand_once_and_a_copy_that_lags_is_named() -> None:
    services = [
        service("Kebutuhan", employees=25_000, units=412),
        service("Pelatihan", employees=24_000, units=412),
        service("Evaluasi", employees=25_000, units=412),
    ]

    words = shown(HomeView(agency="medan", services=services))

    assert words.count("25.000") == 1
    assert words.count("baru memuat 24.000 pegawai dan 412 unit kerja") == 1


def test_what_is_missing_is_said_in_words() -> None:
    services = [service(missing=["database", "migrations"]), service("Evaluasi", missing=["consumer", "kafka"])]

    words = shown(HomeView(agency="medan", services=services))

    assert "Belum siap Belum tersedia: basis data, tabel yang mutakhir." in words
    assert "Belum tersedia: pengolahan peristiwa, kafka." in words
    assert "Pegawai – Unit kerja –" in words


def test_simulation_is_announced() -> None:
    assert "Ini simulasi" in shown(HomeView(agency="medan", services=[service()], simulation=True))
    assert "Ini simulasi" not in shown(HomeView(agency="medan", services=[service()]))


def test_demo_under_way_shows_its_day_and_how_far_it_has_come() -> None:
    day = date(2026, 3, 14)

    def words(percent: int | None) -> str:
        simulated = Simulated(today=day, percent=percent)
        return shown(HomeView(agency="medan", services=[service()], simulation=True, simulated=simulated))

    assert "Simulasi: 14 Mar 2026 · 43 %." in words(43)
    assert "Simulasi: 14 Mar 2026." in words(100)
    assert "Simulasi: 14 Mar 2026." in words(None)
