"""Baskets judged: sizes, items, what goes together, rules, a classifier, and copies."""

import json
from importlib import import_module

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.grouping import BasketLines
from rowsmith.core.rng import Key
from rowsmith.evaluate._basket_measure import BASKET_MEASURES
from rowsmith.evaluate._bought import Bought
from rowsmith.evaluate._lifts import frequent_pairs, frequent_triples, log_lift
from rowsmith.evaluate._report import Report

MENU = np.array(["bread", "milk", "eggs", "wine", "cheese", "pasta", "sauce", "beer", "soap", "rice", "tea", "figs"])


def lines(seed, n=3_000, *, loose=False, extra=False):
    """Baskets in which pasta brings sauce, wine cheese, and so on; or with no ties at all."""
    rng = np.random.default_rng(seed)
    share = np.linspace(0.35, 0.06, len(MENU))
    held = rng.random((n, len(MENU))) < share
    for one, other in ((5, 6), (3, 4), (7, 8), (9, 10), (1, 2)):
        follows = rng.random(n) < 0.9
        held[:, other] = np.where(held[:, one] & follows & (not loose), True, held[:, other])
    held[~held.any(axis=1), 0] = True
    basket, item = np.nonzero(held)
    table = pa.table({"receipt": basket + 1_000 * seed, "product": MENU[item]})
    if extra:
        table = table.append_column("paid", pa.array(np.round(rng.gamma(2, 3, len(item)) + item, 2)))
    return table


COLUMNS = {"basket": "receipt", "item": "product"}
REAL = lines(1)


def judged(synthetic, real=REAL, **options):
    summary = rs.evaluate(real, synthetic, **COLUMNS, **options).summary
    return {r.measure: r for r in summary.measures}, summary


def bought(synthetic, real=REAL):
    return Bought.of({"real": real, "synthetic": synthetic}, BasketLines(id="receipt", item="product"), Key(0), 1)


def taken(name, synthetic, real=REAL):
    """What one measure finds."""
    return BASKET_MEASURES.load(name)().measure(bought(synthetic, real))


@pytest.fixture(scope="module")
def fresh():
    return judged(lines(2), holdout=lines(3))


@pytest.fixture(scope="module")
def apart():
    return judged(lines(2, loose=True), holdout=lines(3))


def test_every_measure_of_baskets_is_taken_and_none_alarms_on_fresh_ones(fresh):
    found, summary = fresh
    for name in BASKET_MEASURES.names():
        if name != "whole_customers":  # see test_entities.py
            assert found[name].level == "good", found[name].sentence
    assert [v.level for v in summary.verdicts] == ["good"] * 3, summary.verdicts


@pytest.mark.parametrize("name", ["lifts", "mined_rules", "whole_baskets", "together"])
def test_ties_that_are_lost_are_seen(apart, name):
    found, summary = apart
    assert found[name].level in ("fair", "poor"), found[name].sentence
    assert found[name].figures[0].excess > 0
    assert summary.verdicts[0].level == "poor"


def test_what_each_item_and_each_basket_is_alone_may_be_right():
    alone = bought(REAL)
    floor = alone.floor
    assert floor.sizes.tolist() == alone.real.sizes.tolist()
    assert floor.counts.tolist() == alone.real.counts.tolist()
    pasta, sauce = (alone.items.index(i) for i in ("pasta", "sauce"))
    pair = (np.array([pasta]), np.array([sauce]))
    assert log_lift(alone.real, *pair)[0] > 1 > log_lift(floor, *pair)[0]


def test_counts_are_those_of_the_definition():
    table = pa.table({"receipt": [1, 1, 1, 2, 2, 3, 3, 3, 3], "product": list("abcababca")})
    real = bought(table, table)
    assert real.items == ("a", "b", "c")
    assert real.real.both.tolist() == [[3, 3, 2], [3, 3, 2], [2, 2, 2]]
    assert real.real.repeated == pytest.approx(1 / 9)
    assert [p.tolist() for p in frequent_pairs(real.real)] == [[0, 0, 1], [1, 2, 2]]
    assert frequent_triples(real.real).tolist() == [[0, 1, 2]]
    assert log_lift(real.real, np.array([0]), np.array([2]))[0] == pytest.approx(np.log2(2.5 * 3.5 / (3.5 * 2.5)))


def test_baskets_that_come_back_are_found():
    rng = np.random.default_rng(0)
    rare = pa.table({"receipt": np.repeat(np.arange(600), 6), "product": [f"p{i}" for i in rng.integers(0, 60, 3600)]})
    again = rare.set_column(0, "receipt", pa.array(np.repeat(np.arange(600) + 5_000, 6)))
    found = taken("copied_baskets", again, rare)
    assert found.level == "poor"
    assert found.figures[0].value > 0.9
    assert found.figures[0].control > 0.9
    other = pa.table({"receipt": rare["receipt"], "product": [f"p{i}" for i in rng.integers(0, 60, 3600)]})
    assert taken("copied_baskets", other, rare).level == "good"


def test_rules_of_both_sides_are_shown(fresh):
    found, summary = fresh
    rows = found["mined_rules"].details["table"]["rows"]
    assert rows[0][-1] == "both"
    (group,) = found["mined_rules"].details["plots"]
    assert [p["title"] for p in group["plots"]] == ["Lift", "Confidence", "Support"]
    assert "pasta → sauce" in {dot["label"] for dot in group["plots"][0]["dots"]}
    assert summary.settings["basket"] == {"id": "receipt", "item": "product"}


def test_other_columns_of_the_lines_are_judged_as_a_table():
    found, _ = judged(*(lines(seed, 1_000, extra=True) for seed in (2, 1)), holdout=lines(3, 500, extra=True))
    assert [found[n].level for n in ("shapes", "trends", "c2st", "lifts")] == ["good"] * 4
    assert "singling_out" in found
    assert (
        "membership" not in found
    )  # lines of a basket are alike: a line is told from those of others whether it was learnt or not


@pytest.mark.parametrize("number", [int, float])
def test_items_may_be_numbers(number):
    codes = {name: i for i, name in enumerate(MENU)}

    def coded(table, kind):
        return table.set_column(1, "product", pa.array([kind(codes[n]) for n in table["product"].to_pylist()]))

    for name in ("items", "lifts", "copied_baskets"):
        assert taken(name, coded(lines(2), number), coded(REAL, int)).level == "good", name


def test_one_item_a_basket_and_no_common_item_are_said():
    alone = pa.table({"receipt": np.arange(400), "product": MENU[np.random.default_rng(0).integers(0, 12, 400)]})
    found, _ = judged(alone, real=alone)
    assert found["together"].sentence == found["lifts"].sentence == "Not measured: no real basket holds two items."
    assert found["copied_baskets"].level == "not measured"
    assert found["sizes"].level == "good"
    other = REAL.set_column(1, "product", pa.array([f"new {n}" for n in REAL["product"].to_pylist()]))
    found, summary = judged(other)
    assert found["items"].sentence.startswith("No item stands in both tables")
    assert summary.verdicts[0].level == "poor"


BAD = {
    "no such column": (
        REAL.rename_columns(["ticket", "product"]),
        "synthetic.id: there is no column 'receipt'",
    ),
    "no item": (
        REAL.set_column(1, "product", pa.array([None, *REAL["product"].to_pylist()[1:]])),
        r"synthetic: column 'product': is missing in 1 of .* rows \(the first is row 1\): a line without it says nothing of one",
    ),
    "no rows": (REAL.slice(0, 0), "the synthetic table has no rows"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_sentence(name):
    table, message = BAD[name]
    with pytest.raises((DataError, SpecError), match=message):
        judged(table)
    with pytest.raises(SpecError, match="need the column of the item too"):
        rs.evaluate(REAL, REAL, basket="receipt")


def test_the_page_and_the_candidates(tmp_path):
    found = rs.compare(REAL, {"bad": lines(2, loose=True), "fine": lines(4)}, **COLUMNS)
    assert [p.name for p in found.ranking.places] == ["fine", "bad"]
    report = Report(found.ranking.candidates["fine"])
    report.save(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Synthetic baskets, judged" in page
    assert "<title>pasta → sauce: " in page
    report.save(tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["rowsmith"] == 1
    assert report.broken({"mined_rules": 1.0})


def test_a_part_of_very_many_baskets_is_looked_at(monkeypatch):
    monkeypatch.setattr(import_module("rowsmith.evaluate._bought"), "MOST_BASKETS", 500)
    some = bought(lines(2))
    assert (some.real.n, some.synthetic.n) == (500, 500)
    assert any("500 are looked at" in note for note in some.notes)
