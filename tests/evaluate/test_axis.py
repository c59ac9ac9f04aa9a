"""Where things stand on the lines and axes of a report."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.evaluate._axis import axis, units
from rowsmith.evaluate._judge import judge
from rowsmith.evaluate._measure import Figure
from rowsmith.evaluate._report import render
from rowsmith.evaluate._view import _figure

DAY = 86_400.0


def labels(edges, **of):
    return [text for text, _ in axis({"edges": edges, **of})]


def test_labels_are_round_and_within_the_bins():
    assert labels([-0.25, 29.75]) == ["0", "10", "20"]
    assert labels([-0.5, 39.5], whole=True) == ["0", "10", "20", "30"]
    assert labels([-0.05, 4.15]) == ["0", "2", "4"]
    assert labels([0.3, 1.1], whole=False) == ["0.4", "0.6", "0.8", "1"]
    assert labels([2.5, 6.5], whole=True) == ["3", "4", "5", "6"]
    for edges in ([1e300, 1.7e308], [-1.7e308, 1.7e308], [1e-300, 1e-299], [1e15, 1e15 + 4], [-1e9, 1e9]):
        places = [at for _, at in axis({"edges": edges})]
        assert places == sorted(places)
        assert all(0 <= at <= 100 for at in places)


def test_labels_of_moments_are_full_hours_days_months_or_years():
    begin = 19_723 * DAY  # 2024-01-01
    assert labels([begin - DAY / 2, begin + 399.5 * DAY], time=True) == ["2024-01", "2024-07", "2025-01"]
    assert labels([begin, begin + 4000 * DAY], time=True) == ["2025", "2030"]
    assert labels([begin + 600, begin + 9000], time=True) == ["2024-01-01 01:00", "2024-01-01 02:00"]
    assert labels([begin - 900, begin + 11 * DAY], time=True) == ["2024-01-04", "2024-01-11"]
    assert labels([-1e13, 1e13], time=True) == ["year -314,917", "year 318,857"]


def test_each_of_a_few_whole_numbers_has_a_label():
    assert units({"edges": [-0.5, 0.5, 1.5], "whole": True}) == ["0", "1"]
    assert units({"edges": [0, 0.5, 1.5], "whole": False}) == []


def places(**known):
    figure = Figure(name="x", label="x", unit="share", **{"better": "lower", "ideal": 0.0, "bad": 0.1, **known})
    return {m["name"]: m["at"] for m in _figure(figure)["markers"]}


def test_a_good_value_does_not_stand_at_the_bad_end():
    found = places(value=0.60, ceiling=0.62, floor=0.55)  # of a narrow table, many rows are equal by chance
    assert 40 < found["ceiling"] < found["value"] < 90
    assert places(value=1.0, ceiling=1.0)["value"] == 50
    found = places(value=1.0, ceiling=0.3)  # copied
    assert found["value"] == 0
    assert found["ceiling"] > 80
    found = places(value=0.28, ceiling=0.3, floor=0.0, better="higher", ideal=1.0, bad=0.0)
    assert found["value"] > 30
    assert found["floor"] < found["value"] < found["ceiling"]


def test_a_line_ends_at_the_ideal_where_real_rows_are_near_it():
    assert places(value=0.02, ceiling=0.01, floor=0.0) == {"floor": 100, "ceiling": 90, "value": 80}
    assert places(value=0.8, ceiling=0.0)["value"] == 0


@pytest.mark.parametrize(("spike", "drawn"), [(3, True), (0, True), (-999, False)])
def test_a_frequent_number_is_drawn_on_its_own(spike, drawn):
    rng = np.random.default_rng(0)
    real, made = (pa.table({"x": np.where(rng.random(900) < 0.4, spike, rng.integers(1, 39, 900))}) for _ in "ab")
    page = render(judge(real, made, workers=1)).partition('id="where"')[0]  # before a column is drawn again
    assert page.count('class="spike real"') == page.count('class="spike made"') == drawn
    assert f"exactly {spike}: " in page
    assert ("beyond the picture" in page) != drawn
