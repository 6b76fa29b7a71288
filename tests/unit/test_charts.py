"""Charts: what is drawn where, and what a reader who does not see it is told."""

from __future__ import annotations

import re

import pytest

from shared.web import charts
from shared.web.charts import Value
from shared.web.pages import SHELL

NAMES = [Value("Satu", 4, 3), Value("Dua", 1, 3), Value("Tiga <b>", 0)]


def drawn(macro: str, *given: object, **named: object) -> str:
    return str(getattr(SHELL.get_template("charts.html").module, macro)("bagan", "Judul", *given, **named))


def test_bars_fill_the_width_by_the_highest_and_stop_there() -> None:
    chart = charts.bars([Value("a", 5, 2.5), Value("b", 10), Value("c", -3)])

    room = charts.WIDTH - charts.VALUES
    assert [bar.length for bar in chart.rows] == [room / 2, room, 0]
    assert [bar.standard for bar in chart.rows] == [room / 4, None, None]
    assert [bar.lacks for bar in chart.rows] == [False, False, False]


def test_ring_is_filled_by_its_share_and_never_told_as_full_before_it_is() -> None:
    rings = [charts.ring(value, 20) for value in (0, 5, 19.99, 20, 26)]

    assert [ring.percent for ring in rings] == [0, 25, 99, 100, 130]
    assert [ring.filled / ring.around for ring in rings] == pytest.approx([0, 0.25, 1, 1, 1], abs=0.001)
    assert charts.ring(3, 0).percent == 100


def test_funnel_tells_shares_of_its_first_step() -> None:
    chart = charts.funnel([Value("a", 200), Value("b", 50), Value("c", 1)])

    assert [step.percent for step in chart.rows] == [100, 25, 0]
    assert [step.x + step.length / 2 for step in chart.rows] == pytest.approx([170] * 3, abs=0.1)
    assert charts.funnel([Value("a", 0)]).rows[0].length == 0


def test_trend_goes_from_edge_to_edge_and_higher_is_further_up() -> None:
    chart = charts.trend([Value("a", 80), Value("b", 90), Value("c", 85)], standard=85)

    first, second, third = chart.points
    assert (first.x, third.x) == (charts.MARGIN, charts.WIDTH - charts.MARGIN)
    assert second.y < third.y < first.y
    assert chart.standard == third.y
    assert charts.trend([]).line == ""
    assert len(charts.trend([Value("a", 1)]).points) == 1


def test_heat_map_is_darkest_at_the_highest_and_leaves_gaps_where_nothing_is_known() -> None:
    chart = charts.heat_map(["x", "y"], [("a", [0, 4]), ("b", [None, 2])])

    assert [[cell.step for cell in cells] for _, _, cells in chart.rows] == [[0, 5], [None, 2]]
    assert chart.columns[0][1] < chart.columns[1][1]


@pytest.mark.parametrize(
    ("macro", "given"),
    [
        ("bars", [charts.bars(NAMES)]),
        ("funnel", [charts.funnel(NAMES)]),
        ("trend", [charts.trend(NAMES)]),
        ("heat_map", [charts.heat_map(["Aspek"], [(each.label, [each.value]) for each in NAMES]), "Diceritakan."]),
    ],
)
def test_chart_has_words_and_a_table_with_every_figure(macro: str, given: list[object]) -> None:
    html = drawn(macro, *given)

    assert 'role="img" aria-labelledby="bagan-title bagan-told"' in html
    assert re.search(r'<title id="bagan-title">Judul</title><desc id="bagan-told">[^<]+', html)
    table = html.partition("<table>")[2]
    assert re.findall(r'<th scope="row">([^<]+)', table) == ["Satu", "Dua", "Tiga &lt;b&gt;"]
    assert re.findall(r'<td class="number">([^<]+)', table)[0] == "4"
    assert "<b>" not in html


def test_ring_stands_beside_its_table() -> None:
    html = drawn("ring", charts.ring(14, 20), "JP")

    assert "14 dari 20 JP." in html
    assert re.findall(r'<td class="number">([^<]+)', html) == ["14 JP", "20 JP"]


def test_empty_charts_are_drawn() -> None:
    for macro, given in (("bars", charts.bars([])), ("funnel", charts.funnel([])), ("trend", charts.trend([]))):
        assert "<svg" in drawn(macro, given)
