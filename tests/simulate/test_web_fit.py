"""A log that was simulated leads back to the parameters that it was simulated with."""

import numpy as np
import pytest

from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.settings import build
from rowsmith.engine.simulate import calibrate, simulate
from rowsmith.simulate._web_fit import settings_from_log
from rowsmith.simulate.web_visits import WebVisits

TRUE = WebVisits(visitors=9000, zipf=1.1, patience=2.5, bots=0.05, lift=0.0)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    settings = {name: getattr(TRUE, name) for name in ("visitors", "zipf", "patience", "bots", "lift")}
    simulate("web_visits", folder / "web", set=settings, seed=8, tables=("access_log",))
    return folder / "web" / "access.log"


def test_what_was_planted_is_found(log):
    found = calibrate("web_visits", log)
    assert found["visitors"] == pytest.approx(9000, rel=0.01)
    assert (found["start"], found["days"], found["products"]) == ("2024-01-01", 28, 400)
    assert found["bots"] == pytest.approx(0.05, abs=0.01)
    assert found["zipf"] == pytest.approx(1.1, abs=0.05)
    assert found["patience"] == pytest.approx(2.5, rel=0.15)
    assert found["weekend"] == pytest.approx(0.75, abs=0.06)
    for page, seconds in TRUE.dwell.items():
        assert found["dwell"][page] == pytest.approx(seconds, rel=0.15), page
    for page in ("home", "list", "product", "article", "basket"):
        true, share = TRUE.site[page], found["site"][page]
        for to, weight in true.items():
            assert share.get(to, 0) / sum(share.values()) == pytest.approx(weight / sum(true.values()), abs=0.05), (
                page,
                to,
            )


def test_what_was_found_makes_the_same_funnel(log):
    world = build(WebVisits, calibrate("web_visits", log), "parameters")
    for page, share in TRUE.expected().items():
        assert world.expected()[page] == pytest.approx(share, rel=0.15), page


def test_returns_within_the_days_of_the_log_are_counted():
    line = '10.0.0.{} - - [{:02d}/Mar/2024:10:{:02d}:00 +0000] "GET /{} HTTP/1.1" 200 5 "-" "a browser"'
    lines = [
        line.format(ip, day, minute, page)
        for ip in range(100)
        for day in (4, 6)
        for minute, page in ((0, ""), (2, "list"), (5, "p/7"))
    ]
    found = settings_from_log(lines)
    assert found["visitors"] == 100
    assert found["returns"] == 1.0
    assert found["landing"] == {"home": 200}
    assert found["dwell"] == {"home": 120.0, "list": 180.0}
    assert np.isclose(found["site"]["home"]["list"] + found["site"]["home"]["exit"], 100)


def test_files_that_are_no_log_are_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello\n" * 1000)
    with pytest.raises(DataError, match="0 page views and 1,000 lines of another form: expected an access log"):
        calibrate("web_visits", path)
    with pytest.raises(DataError, match="cannot be read"):
        calibrate("web_visits", tmp_path / "none.log")
    with pytest.raises(SpecError, match="cannot be fitted to data; those that can: traffic, web_visits"):
        calibrate("shop", path)
