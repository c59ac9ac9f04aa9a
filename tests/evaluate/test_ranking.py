import json
from dataclasses import replace

import jsonschema
import pytest

from rowsmith.evaluate._comparison import Comparison
from rowsmith.evaluate._json_schema import json_schema
from rowsmith.evaluate._ranking import Ranking, rank


@pytest.fixture(scope="module")
def ranking(judged):
    return rank(
        {"shuffled": judged["shuffled"], "copy": judged["copy"], "fresh": judged["fresh"], "again": judged["fresh"]}
    )


def test_the_better_table_comes_first_and_a_leak_last(ranking):
    assert [p.name for p in ranking.places] == ["fresh", "again", "shuffled", "copy"]
    assert [p.rank for p in ranking.places] == [1, 1, 3, 4]
    assert "do not release" in ranking.places[-1].sentence


def test_ties_are_called_ties(ranking):
    assert ranking.places[0].tied == ("again",)
    assert "inside the noise" in ranking.places[0].sentence
    assert ranking.places[2].tied == ()


def test_scores_lie_between_floor_and_ceiling(ranking):
    fresh, _, shuffled, copy = ranking.places
    assert fresh.score.value > 0.9 > copy.score.low
    assert shuffled.score.value < 0.2
    assert all(p.score.low < p.score.value < p.score.high for p in ranking.places)


def test_the_order_of_the_candidates_does_not_matter(judged):
    names = ["fresh", "shuffled", "copy"]
    orders = [[p.name for p in rank({n: judged[n] for n in some}).places] for some in (names, names[::-1])]
    assert orders[0] == orders[1] == ["fresh", "shuffled", "copy"]


def test_a_table_without_figures_has_no_score(judged):
    bare = replace(judged["fresh"], measures=())
    found = rank({"bare": bare, "fresh": judged["fresh"]})
    assert [p.name for p in found.places] == ["fresh", "bare"]
    assert found.places[1].score is None
    assert str(Comparison(found))


def test_every_form_of_the_comparison(ranking, tmp_path):
    comparison = Comparison(ranking)
    assert "1=  fresh" in str(comparison)
    for name in ("c.html", "c.json", "c.md"):
        comparison.save(tmp_path / name)
        assert "fresh" in (tmp_path / name).read_text(encoding="utf-8")
    document = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json_schema(Ranking))
    (sentence,) = comparison.broken({"utility": 0.7})
    assert sentence.startswith("shuffled: utility is ")
