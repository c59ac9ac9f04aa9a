import itertools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.errors import DataError, OutputError
from rowsmith.evaluate._judge import judge
from rowsmith.evaluate._overlay import overlay
from rowsmith.evaluate._report import Report, render
from rowsmith.evaluate._summary import Summary
from rowsmith.evaluate._text import rows

HOSTILE = [
    "<script>alert(1)</script>",
    "\"' onload=alert(1) x='",
    "a\nb\r\n\tc",
    "{{ 7 * 7 }}{% raw %}",
    "</style></title><img src=x onerror=alert(1)>",
    "&lt;b&gt; \u202egnp.exe\x00",
    "-->]]>",
    "",
]


class Page(HTMLParser):
    """Every tag and attribute of a page, as a browser would see them; open tags must be closed in order."""

    VOID = {"meta", "br", "input", "col", "link", "img", "hr"}  # noqa: RUF012

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open, self.words = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_hostile_names_and_levels_are_harmless():
    n = 60
    columns = {name: [HOSTILE[(i + j) % 3] for j in range(n)] for i, name in enumerate(HOSTILE)}
    columns["number <b>"] = np.random.default_rng(0).normal(size=n)
    table = pa.table(columns)
    page = Page(render(judge(table, make_other(table), holdout=table, target=HOSTILE[0], workers=1)))
    assert page.open == []
    assert page.tags.count("script") == 1
    assert not {"img", "iframe", "object", "b"} & set(page.tags)
    assert not [a for a, _ in page.attributes if a.startswith("on")]
    assert "\u202e" not in "".join(page.words)
    assert "49" not in [w.strip() for w in page.words]


def make_other(table):
    return table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))


def test_the_page_needs_no_network(judged):
    page = Page(render(judged["fresh"]))
    links = [v for a, v in page.attributes if a in ("src", "href", "data", "action")]
    assert all(v.startswith("#") for v in links)
    assert "url(" not in render(judged["fresh"])
    targets = {v for a, v in page.attributes if a == "id"}
    assert {v[1:] for v in links} <= targets


def test_the_page_says_the_verdict_first_and_in_words(judged):
    words = " ".join(" ".join(Page(render(judged["copy"])).words).split())
    assert words.index("Fidelity") < words.index("Measures")
    assert "poor" in words
    assert "Do not release" in words


def test_pictures_have_words(judged):
    text = render(judged["fresh"])
    for tag in re.findall(r"<(?:svg|div class=\"scale\")[^>]*>", text):
        assert "aria-label=" in tag or "aria-hidden" in tag
    headings = [int(level) for level in re.findall(r"<h([1-6])", text)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(headings))


def test_a_few_whole_numbers_stand_under_their_bins():
    rng = np.random.default_rng(0)
    text = render(
        judge(pa.table({"flag": rng.integers(0, 2, 90)}), pa.table({"flag": rng.integers(0, 2, 90)}), workers=1)
    )
    assert '<div class="axis each" aria-hidden="true"><span>0</span><span>1</span></div>' in text
    assert "1 column compared" in text
    text = render(judge(pa.table({"x": rng.normal(size=90)}), pa.table({"x": rng.normal(size=90)}), workers=1))
    assert '<div class="axis" aria-hidden="true">' in text


def test_sixty_columns_make_a_small_page():
    rng = np.random.default_rng(0)
    table = pa.table(
        {
            f"column number {i}": rng.normal(size=80) if i % 2 else rng.choice(list("abcdefghijklmn"), 80)
            for i in range(70)
        }
    )
    text = render(judge(table, make_other(table), workers=1))
    assert len(text.encode()) < 1_500_000
    assert "10 more columns" in text


def test_json_comes_back_the_same(judged):
    for summary in judged.values():
        document = json.loads(summary.to_json())
        again = Summary.from_dict(document)
        assert again.to_dict() == summary.to_dict()
        assert render(again) == render(summary)


@pytest.mark.parametrize("document", [{}, [], {"rowsmith": 99}, {"rowsmith": 1}, {"rowsmith": 1, "tables": 3}])
def test_a_foreign_document_is_a_clear_error(document):
    with pytest.raises(DataError, match="summary"):
        Summary.from_dict(document)


def test_saving(judged, tmp_path):
    report = Report(judged["fresh"])
    report.save(tmp_path / "r.html")
    report.save(str(tmp_path / "r.JSON"))
    report.save(tmp_path / "odd", format="json")
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads((tmp_path / "r.JSON").read_text(encoding="utf-8")) == judged["fresh"].to_dict()
    assert json.loads((tmp_path / "odd").read_text(encoding="utf-8"))
    with pytest.raises(OutputError):
        report.save(tmp_path / "missing" / "r.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["odd", "r.JSON", "r.html"]


def test_a_notebook_shows_a_frame_of_its_own(judged):
    shown = Report(judged["fresh"])._repr_html_()
    assert shown.startswith("<iframe")
    assert Page(shown).tags == ["iframe"]


def test_text_has_a_row_for_every_figure(judged):
    summary = judged["fresh"]
    table = rows(summary)
    assert len(table) == sum(max(1, len(r.figures)) for r in summary.measures)
    shown = str(Report(summary))
    assert shown.startswith("Fidelity: good.")
    assert "Pair trends" in shown


def test_rare_levels_are_pooled(judged):
    from rowsmith.evaluate._align import align

    real = pa.table({"x": ["often"] * 50 + ["seldom"] * 4 + ["one person"]})
    found = align({"real": real, "synthetic": pa.table({"x": ["often"] * 9 + ["made up"]})})
    drawn = overlay(found.features[0], *(found.tables[t].arrays[0] for t in ("real", "synthetic")))
    assert [level["label"] for level in drawn["levels"]] == ["often"]
    assert drawn["other"] == {"label": "3 other", "real": pytest.approx(5 / 55), "synthetic": pytest.approx(0.1)}


RNG = np.random.default_rng(5)
SPREAD = {
    "floats": pa.array(RNG.normal(50, 9, 300)),
    "few floats": pa.array(RNG.normal(50, 9, 7)),
    "money": pa.array(RNG.lognormal(8, 1, 300).round(2) + 0.01),
    "ages": pa.array(RNG.integers(18, 97, 300)),
    "small counts": pa.array([0] * 60 + [1] * 30 + [2] * 9 + [7]),
    "one high": pa.array([0] * 600 + [1] * 300 + [2] * 99 + [7_351]),
    "few whole": pa.array([3, 17, 11]),
    "far": pa.array(10**9 + RNG.integers(0, 10**6, 300)),
    "one float": pa.array([7.31] * 50),
    "round": pa.array(RNG.choice([17.5, 22.0, 27.0, 32.0, 37.0, 42.0], 300)),
    "dates": pa.array(RNG.integers(10_000, 18_000, 300).astype("int32"), pa.int32()).cast(pa.date32()),
    "moments": pa.array(RNG.integers(10**9, 10**9 + 10**7, 300), pa.int64()).cast(pa.timestamp("s")),
    "tiny": pa.array(RNG.normal(size=300) * 1e-310),
    "huge": pa.array(RNG.choice([-1.7e308, 1.7e308], 300)),
}


@pytest.mark.parametrize("name", SPREAD)
def test_the_bins_of_a_histogram_end_at_no_value(name):
    from rowsmith.evaluate._align import align

    found = align({"real": pa.table({"x": SPREAD[name]}), "synthetic": pa.table({"x": SPREAD[name]})})
    values = found.tables["real"].arrays[0]
    drawn = overlay(found.features[0], values, values)
    edges = drawn["edges"]
    assert 1 <= len(edges) - 1 <= 45
    assert all(a < b for a, b in itertools.pairwise(edges))
    assert not set(edges) & set(values.tolist())
    assert sum(drawn["real"]) + (drawn["spike"]["real"] if drawn["spike"] else 0) == pytest.approx(1)
    if name not in ("tiny", "huge"):
        assert all(float(f"{edge:.7g}") == edge for edge in edges if name not in ("dates", "moments", "far")), edges


def test_a_whole_number_that_few_have_is_told_by_no_bin():
    from rowsmith.evaluate._align import align

    for name, last in (("small counts", 2.5), ("one high", 2.5)):
        table = pa.table({"x": SPREAD[name]})
        found = align({"real": table, "synthetic": table})
        values = found.tables["real"].arrays[0]
        drawn = overlay(found.features[0], values, values)
        assert max(drawn["edges"]) == last, drawn


def test_overlays_hold_every_row(judged):
    for column in judged["fresh"].columns:
        for role, null in zip(("real", "synthetic"), column.nulls, strict=True):
            drawn = column.overlay
            if "levels" in drawn:
                total = sum(x[role] for x in [*drawn["levels"], *([drawn["other"]] if drawn["other"] else [])])
            else:
                total = sum(drawn[role]) + (drawn["spike"][role] if drawn["spike"] else 0)
            assert total + null == pytest.approx(1), column.name


def test_importing_the_room_loads_nothing_heavy():
    code = "import rowsmith.evaluate, rowsmith.evaluate._judge, rowsmith.evaluate._report, sys; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"lightgbm", "sklearn", "scipy", "altair", "pandas", "jinja2"} & set(found)
