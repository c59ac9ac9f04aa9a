"""Databases judged: keys, children, trends along links, siblings, whole parents, and every table."""

import json

import numpy as np
import pyarrow as pa
import pytest

import rowsmith as rs
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.rng import Key
from rowsmith.evaluate._by_parents import dealt_by_parents
from rowsmith.evaluate._link_measure import LINK_MEASURES
from rowsmith.evaluate._links import NULL, ORPHAN, Linked

SCHEMA = rs.Schema.from_yaml(
    """
rowsmith: 1
tables:
  shops:
    primary_key: [shop]
  visits:
    primary_key: [visit]
    foreign_keys:
      shop: shops.shop
"""
)


def shop(seed, *, shops=300, strangers=False, few=False, number=None):
    """Shops of a size; visits whose spend hangs on the shop's size, and on a mood that visits of one shop share."""
    rng = np.random.default_rng(seed)
    size = rng.choice(["small", "large"], shops, p=[0.6, 0.4])
    mean = np.where(size == "large", 9, 4)
    counts = np.full(shops, 6) if few else rng.poisson(mean)
    up = np.repeat(np.arange(shops), counts)
    mood = rng.normal(0, 3, shops)
    spend = np.where(size == "large", 30, 10)[up] + mood[up] + rng.normal(0, 2, len(up))
    pay = np.where(rng.random(len(up)) < np.where(size == "large", 0.8, 0.2)[up], "card", "cash")
    if strangers:
        order = rng.permutation(len(up))
        spend, pay = spend[order], pay[order]
    ids = np.arange(shops) if number is None else number + np.arange(shops)
    return {
        "shops": pa.table(
            {"shop": ids, "size": size, "area": np.where(size == "large", 90, 40) + rng.normal(0, 8, shops)}
        ),
        "visits": pa.table({"visit": np.arange(len(up)), "shop": ids[up], "spend": np.round(spend, 2), "pay": pay}),
    }


def judged(synthetic, **options):
    found = rs.evaluate(shop(1), synthetic, schema=SCHEMA, **options).summary
    return {r.measure: r for r in found.measures}, found


@pytest.fixture(scope="module")
def fresh():
    return judged(shop(2, number=5_000), holdout=shop(3))


@pytest.fixture(scope="module")
def apart():
    return judged(shop(2, strangers=True, few=True))


def test_every_measure_of_links_is_taken_and_none_alarms_on_fresh_rows(fresh):
    found, summary = fresh
    for name in LINK_MEASURES.names():
        assert found[name].level == ("not measured" if name in ("ways", "parents") else "good"), found[name].sentence
    assert [v.level for v in summary.verdicts if v.aspect != "utility"] == ["good", "good"], summary.verdicts
    assert summary.tables["real"].rows == 300 + len(shop(1)["visits"])


@pytest.mark.parametrize("name", ["children", "hops", "aggregates", "siblings", "whole_parents"])
def test_what_is_lost_along_the_link_is_seen(apart, name):
    found, summary = apart
    assert found[name].level == "poor", found[name].sentence
    assert found[name].figures[0].value > 2 * found[name].figures[0].ceiling - 0.4
    assert summary.verdicts[0].level == "poor"
    assert found["keys"].level == "good"


TWO = rs.Schema.from_yaml(
    "{rowsmith: 1, tables: {buyers: {primary_key: [buyer]}, goods: {primary_key: [good]}, "
    "sales: {foreign_keys: {buyer: buyers.buyer, good: goods.good}}}}"
)


def sales(seed, *, loyal):
    """Ten sales of each buyer and of each good; a loyal buyer takes one good only."""
    n = np.arange(200)
    buyer = np.repeat(n, 10)
    good = buyer if loyal else np.random.default_rng(seed).permutation(buyer)
    return {
        "buyers": pa.table({"buyer": n, "age": n % 7}),
        "goods": pa.table({"good": n, "price": n % 9}),
        "sales": pa.table({"buyer": buyer, "good": good}),
    }


def test_the_sentence_names_the_figure_that_decides():
    report = rs.evaluate(sales(1, loyal=False), sales(2, loyal=True), schema=TWO).summary
    found = next(r for r in report.measures if r.measure == "children")
    assert found.level == "poor"
    assert [f.value for f in found.figures] == [0.0, pytest.approx(100)]
    assert found.sentence.startswith(
        "Numbers of different partners per parent are 100.0 % off on average, most at sales ("
    )
    assert "counts of partners" in found.sentence


def test_tables_that_look_well_alone_may_not_fit_together():
    found, summary = judged(shop(2, strangers=True))
    assert [found[n].level for n in ("shapes", "trends", "c2st")] == ["good"] * 3
    assert [found[n].level for n in ("hops", "siblings", "whole_parents")] == ["poor"] * 3
    assert summary.verdicts[0].level == "poor"


def test_the_numbers_of_each_link_are_there(apart):
    each = apart[0]["hops"].details["links"]["visits (shop) → shops"]
    assert each["value"] > 2 * each["ceiling"] > 0
    assert apart[0]["keys"].details["database"]["links"][0]["value"] == each["value"]


def test_broken_keys_are_counted():
    made = shop(2)
    visits = made["visits"]
    keys = visits["shop"].to_numpy().copy()
    keys[:7] = 99_999
    again = visits["visit"].to_numpy().copy()
    again[-3:] = 0
    made["visits"] = visits.set_column(1, "shop", pa.array(keys)).set_column(0, "visit", pa.array(again))
    found = judged(made)[0]["keys"]
    assert found.level == "poor"
    assert found.figures[0].value == pytest.approx(7 / len(keys))
    assert found.figures[1].value == pytest.approx(3 / len(keys))
    assert "visits" in found.sentence


def test_how_many_point_to_nothing_is_told_where_that_is_worse_than_a_broken_key():
    made = shop(2)
    visits = made["visits"]
    keys = visits["shop"].to_numpy().copy()
    keys[0] = 99_999
    made["visits"] = visits.set_column(1, "shop", pa.array(keys, mask=np.arange(len(keys)) % 3 == 1))
    found = judged(made)[0]["keys"]
    assert found.level == "poor"
    assert 0 < found.figures[0].value < 0.001
    assert found.sentence.startswith("How many rows point to nothing is 33.4 % off")


def test_parents_are_found_across_types_and_composite_keys():
    schema = rs.Schema.from_yaml(
        "{rowsmith: 1, tables: {a: {primary_key: [k, d]}, b: {foreign_keys: [{columns: [x, y], table: a, targets: [k, d]}]}}}"
    )
    a = pa.table({"k": [1, 1, 2], "d": ["u", "v", "u"], "n": [0.1, 0.2, 0.3]})
    b = pa.table({"x": [2.0, 1.0, None, 3.0, 1.0], "y": ["u", "v", "u", "u", "w"], "m": [1, 2, 3, 4, 5]})
    linked = Linked.of({"real": {"a": a, "b": b}, "synthetic": {"a": a, "b": b}}, schema, Key(0), 1)
    assert linked.real.up[0].tolist() == [2, 1, NULL, ORPHAN, ORPHAN]


def test_a_target_is_of_one_table(fresh):
    found, summary = judged(shop(2), holdout=shop(3), target="visits.pay")
    assert found["utility"].level in ("good", "fair")
    assert summary.verdicts[1].level in ("good", "fair")
    with pytest.raises(SpecError, match=r"name the table too"):
        judged(shop(2), target="pay")
    with pytest.raises(SpecError, match=r"no such column; did you mean 'pay'"):
        judged(shop(2), target="visits.pai")


def test_the_same_for_any_number_of_workers():
    one, two = (judged(shop(2), workers=n)[1].to_json() for n in (1, 2))
    assert one == two


def test_tables_and_links_that_one_side_lacks_are_said():
    made = shop(2)
    made["extra"] = made.pop("shops")
    _, summary = judged(made)
    assert any("'shops'" in n and "Not compared" in n for n in summary.notes)
    assert any("visits (shop) → shops" in n for n in summary.notes)
    with pytest.raises(DataError, match="no table in common"):
        rs.evaluate({"a": shop(1)["shops"]}, {"b": shop(1)["shops"]}, schema=SCHEMA)
    with pytest.raises(SpecError, match="synthetic: expected a mapping"):
        rs.evaluate(shop(1), shop(2)["shops"])
    with pytest.raises(SpecError, match="full: what takes long"):
        rs.evaluate(shop(1), shop(2), full=True)


@pytest.mark.parametrize("empty", ["shops", "visits"])
def test_an_empty_table_is_no_traceback(empty):
    made = shop(2)
    made[empty] = made[empty].slice(0, 0)
    found, summary = judged(made)
    assert any(f"{empty}: not compared, as it has no rows" in n for n in summary.notes)
    assert (found["keys"].level == "poor") == (empty == "shops")  # every visit points to a shop that is not there


def test_candidates_are_ranked_and_the_page_is_whole(tmp_path):
    found = rs.compare(shop(1), {"bad": shop(2, strangers=True), "fine": shop(4)}, schema=SCHEMA)
    assert [p.name for p in found.ranking.places] == ["fine", "bad"]
    report = rs.evaluate(shop(1), shop(2), schema=SCHEMA)
    report.save(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    assert "Synthetic database, judged" in page
    assert '<svg class="database"' in page
    assert "visits (shop) → shops" in page
    report.save(tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["settings"]["tables"] == ["shops", "visits"]
    assert report.broken({"siblings": 1.0})
    assert "Children per parent" in str(report)


def priced(seed, *, broken=False):
    """Shops with a rent, which stands at each visit too, unless that is broken."""
    tables = shop(seed)
    rng = np.random.default_rng(seed + 100)
    rent = np.round(rng.gamma(3, 400, 300), 2)
    each = rent[tables["visits"]["shop"].to_numpy() - tables["shops"]["shop"][0].as_py()]
    own = np.round(rng.gamma(3, 400, len(each)), 2) if broken else each
    return {
        "shops": tables["shops"].append_column("rent", pa.array(rent)),
        "visits": tables["visits"].append_column("rent", pa.array(own)),
    }


def test_what_is_copied_from_a_parent_is_judged_there():
    real, made = priced(1), priced(2)
    summary = rs.evaluate(real, made, schema=SCHEMA).summary
    results = {r.measure: r for r in summary.measures}
    assert "visits.rent is shops.rent of the row that it points to: it is judged there." in summary.notes
    assert results["c2st"].level == "good", results["c2st"].sentence
    assert {"visits.spend", "shops.rent"} <= {c.name for c in summary.columns}
    assert "visits.rent" not in {c.name for c in summary.columns}


def test_a_copy_that_is_lost_is_seen_in_the_table_and_among_siblings():
    summary = rs.evaluate(priced(1), priced(2, broken=True), schema=SCHEMA).summary
    results = {r.measure: r for r in summary.measures}
    assert {results[name].level for name in ("siblings", "whole_parents", "c2st")} == {"poor"}
    assert "visits.rent" in {c.name for c in summary.columns}


PARTS = rs.Schema.from_yaml("{rowsmith: 1, tables: {parts: {primary_key: [no]}, used: {foreign_keys: {no: parts.no}}}}")


def used(seed, *, lost=False):
    """Parts with prices, and what pieces of them cost, unless that is lost."""
    r = np.random.default_rng(seed)
    price, no = np.round(r.lognormal(3, 0.5, 60), 2), r.integers(0, 60, 3_000)
    many = r.integers(1, 4, 3_000)
    amount = np.round(many * price[no], 2)
    return {
        "parts": pa.table({"no": np.arange(60), "price": price}),
        "used": pa.table({"no": no, "pieces": many, "amount": r.permutation(amount) if lost else amount}),
    }


@pytest.mark.parametrize(("lost", "level"), [(False, "good"), (True, "poor")])
def test_amounts_of_new_prices_are_told_as_those_of_other_real_parents_are(lost, level):
    found = rs.evaluate(used(1), used(2, lost=lost), schema=PARTS).summary
    c2st = next(r for r in found.measures if r.measure == "c2st")
    assert (found.verdicts[0].level, c2st.level) == (level, level), c2st.sentence
    assert ("used" in str(c2st.details["table"])) == lost  # of amounts that are right it says nothing


def test_real_rows_of_other_parents_are_the_ceiling_where_values_give_parents_away():
    linked = Linked.of({"real": used(1), "synthetic": used(2)}, PARTS, Key(0), 1)
    ((some, others),) = dealt_by_parents(linked, "used", linked.aligned["used"])
    assert some.n + others.n == 3_000
    prices = [{round(a / p, 2) for p, a in zip(*side.arrays, strict=True)} for side in (some, others)]
    assert not prices[0] & prices[1]
    for table, twin in (("parts", used(2)), ("used", used(2, lost=True))):
        linked = Linked.of({"real": used(1), "synthetic": twin}, PARTS, Key(0), 1)
        assert dealt_by_parents(linked, table, linked.aligned[table]) == ()


SCHOOL = rs.Schema.from_yaml(
    "{rowsmith: 1, tables: {classes: {primary_key: [id]}, pupils: {primary_key: [id], foreign_keys: {class: classes.id}}, "
    "courses: {primary_key: [id], foreign_keys: {class: classes.id, after: courses.id}}, "
    "grades: {foreign_keys: {pupil: pupils.id, course: courses.id}}}}"
)


def school(seed, *, strangers=0.0, elsewhere=0.0):
    """Grades of pupils in courses of their class, but for a share; a course comes after one of the same class, but for a share."""
    r = np.random.default_rng(seed)
    home, course, pupil = np.repeat(np.arange(40), 5), r.integers(0, 5, 3_000), r.integers(0, 400, 3_000)
    course = np.where(r.random(3_000) < strangers, r.integers(0, 200, 3_000), pupil % 40 * 5 + course)
    after = np.where(r.random(200) < elsewhere, r.integers(0, 200, 200), np.arange(200) - 1)
    return {
        "classes": pa.table({"id": np.arange(40), "room": np.arange(40) % 7}),
        "pupils": pa.table({"id": np.arange(400), "class": np.arange(400) % 40, "age": r.integers(10, 19, 400)}),
        "courses": pa.table(
            {"id": np.arange(200), "class": home, "after": pa.array(after, mask=np.arange(200) % 5 == 0)}
        ),
        "grades": pa.table({"pupil": pupil, "course": course, "mark": r.integers(1, 6, 3_000)}),
    }


@pytest.mark.parametrize(
    ("real", "twin", "level", "said"),
    [
        ({}, {}, "good", "they do in the twin"),
        ({"strangers": 0.02}, {"strangers": 0.02}, "good", "they do in the twin"),
        ({"strangers": 0.5}, {"strangers": 0.5}, "good", "they do in the twin, as often"),
        (
            {"strangers": 0.5},
            {"strangers": 1.0},
            "poor",
            "grades: pupil.class and course.class lead to different rows of classes in",
        ),
        ({}, {"strangers": 0.02}, "fair", "grades: pupil.class and course.class lead to different rows of classes in"),
        ({}, {"strangers": 1.0}, "poor", "grades: pupil.class and course.class lead to different rows of classes in"),
        ({}, {"elsewhere": 1.0}, "poor", "courses: class and after.class lead to different rows of classes in"),
        ({"strangers": 1.0, "elsewhere": 1.0}, {}, "not measured", "no two ways"),
    ],
)
def test_two_ways_that_lead_to_one_row_are_seen_to_lead_apart(real, twin, level, said):
    found = rs.evaluate(school(1, **real), school(2, **twin), schema=SCHOOL).summary
    ways = next(r for r in found.measures if r.measure == "ways")
    assert ways.level == level, ways.sentence
    assert said in ways.sentence
    if level == "poor":
        assert found.verdicts[0].level == "poor"
        assert ("in 0 % of the real ones" in ways.sentence) == (not real)
