"""A log that was simulated leads back to the parameters that it was simulated with."""

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
    assert found["returns"] == pytest.approx(0.75, rel=0.08)
    assert found["return_days"] == pytest.approx(4, rel=0.1)
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


def test_a_log_is_read_as_it_says():
    line = '10.0.0.{} - - [{:02d}/Mar/2024:10:{:02d}:00 +0000] "GET /{} HTTP/1.1" 200 5 "-" "a browser"'
    lines = [
        line.format(ip, day, minute, page)
        for ip in range(100)
        for day in ((4, 6) if ip % 2 else (4,))
        for minute, page in ((0, ""), (2, "list"), (5, "p/7"))
    ]
    lines += [line.format(200, day, 0, "") for day in range(1, 32)] + [line.format(201, 31, 0, "")]
    lines += [line.format(202 + i, 31, m, page) for i in range(20) for m, page in ((0, ""), (2, "list"), (5, "p/7"))]
    found = settings_from_log(lines)
    assert found["visitors"] == 122
    assert (found["start"], found["days"]) == ("2024-03-01", 31)
    # 80 of 180 sessions whose next one would be seen are followed by another
    assert found["returns"] == pytest.approx(80 / 100, rel=0.05)
    assert found["landing"] == {"home": 202}
    assert found["dwell"] == {"home": 120.0, "list": 180.0}
    assert sum(found["site"]["home"].values()) == pytest.approx(100, abs=0.1)


@pytest.mark.parametrize(
    ("returns", "days", "length"), [(0.75, 4.0, 28), (2.0, 10.0, 28), (0.3, 2.0, 14), (3.0, 5.0, 60)]
)
def test_returns_beyond_the_end_of_the_log_are_reckoned_with(returns, days, length, tmp_path):
    settings = {"visitors": 6000, "returns": returns, "return_days": days, "days": length}
    simulate("web_visits", tmp_path / "web", set=settings, seed=3, tables=("access_log",))
    found = calibrate("web_visits", tmp_path / "web" / "access.log")
    assert found["returns"] == pytest.approx(returns, rel=0.12)
    assert found["return_days"] == pytest.approx(days, rel=0.15)


def test_files_that_are_no_log_are_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello\n" * 1000)
    with pytest.raises(DataError, match="0 page views and 1,000 lines of another form: expected an access log"):
        calibrate("web_visits", path)
    with pytest.raises(DataError, match="cannot be read"):
        calibrate("web_visits", tmp_path / "none.log")
    with pytest.raises(SpecError, match="cannot be fitted to data; those that can: traffic, web_visits"):
        calibrate("shop", path)
