import numpy as np
import pyarrow as pa
import pytest
from tests.truth._examples_dirt import CITIES, contacts
from tests.truth._spoil import dirty_cells, findings, refused, spoiler, spoilt

N = 4000
ROWS = contacts(np.random.default_rng(6), N)
RNG = np.random.default_rng(7)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"column": "height", "kind": "units", "rate": 0.6}, "rate=0.6: expected a share above 0 and at most 0.4"),
        ({"column": "height", "kind": "units", "factor": 1}, "factor=1: expected a number above 0, and not 1"),
        ({"column": "height", "kind": "units", "by": ["height"]}, "height is the column itself"),
        ({"column": "town", "kind": "units"}, "town: is text; expected a column of numbers, which have units"),
        (
            {"column": "whole", "kind": "units"},
            "factor=0.01: whole is int64, which cannot hold such values .* or take 100",
        ),
        ({"column": "since", "kind": "dates", "by": ["town"]}, "is for kind units; leave it out"),
        ({"column": "since", "kind": "dates", "layouts": ["%Q"]}, "'%Q' is no layout of a date; expected one such as"),
        ({"column": "paid", "kind": "numbers", "layouts": ["1.234"]}, "'1.234' is no layout of numbers; did you mean"),
        (
            {"column": "phone", "kind": "phones", "layouts": ["dash"]},
            "'dash' is no layout of phones; did you mean 'dashes'",
        ),
        ({"column": "day", "kind": "dates"}, "day: is date32.*, which has no dates of its own; make it text first"),
        (
            {"column": "town", "kind": "dates"},
            "town: expected texts that are all dates in one layout, such as 2024-07-01",
        ),
        ({"column": "phone", "kind": "numbers"}, "phone: expected texts that are all numbers in one layout"),
        (
            {"column": "height", "kind": "spelling"},
            "height: is double, which has no spelling of its own; take one of text",
        ),
        ({"column": "town", "kind": "spelling", "ways": []}, "ways=.*expected at least one of case, space and short"),
        (
            {"column": "town", "kind": "spelling", "variants": {"Rome": ["Roma"]}},
            "variants.Rome: town has no such level",
        ),
        (
            {"column": "town", "kind": "spelling", "variants": {"Berlin": "BLN"}},
            "variants.Berlin='BLN': expected a list",
        ),
        (
            {"column": "town", "kind": "spelling", "variants": {"Berlin": ["BLN"]}, "rate": 0.4},
            "only 0.1.* can be changed",
        ),
    ],
)
def test_what_cannot_be_is_refused(settings, says):
    more = {"whole": pa.array(np.arange(150, 150 + N)), "day": ROWS["since"].cast(pa.date32())}
    refused(says, "inconsistent", ROWS | more, **settings)


@pytest.mark.parametrize(
    ("column", "kind", "layouts", "one", "others"),
    [
        ("since", "dates", ["%-d %b %Y"], "2024-07-01", {"9 A 9999"}),
        ("since", "dates", ["%Y%m%d", "%B %-d, %Y"], "", {"9", "A 9, 9999"}),
        ("paid", "numbers", ["1.234,56", "1,234.56"], "", {"9,9", "9.9,9", "9,9.9"}),
        ("phone", "phones", ["digits", "dashes", "dots", "zeros"], "", {"+9", "+9-9-9", "+9.9.9", "9 9 9"}),
    ],
)
def test_layouts_are_written_and_found(column, kind, layouts, one, others):
    plant = spoiler("inconsistent", column=column, kind=kind, layouts=layouts, rate=0.2)
    table, changes, calibration = spoilt(plant, ROWS)
    facts = {fact.name: fact.value for fact in plant.facts(calibration)}
    found = findings(plant, table)
    assert set(facts["patterns"]) == set(found["patterns"].estimate) == others
    assert round(found["rate"].estimate * N) == dirty_cells(changes)
    assert {change.mechanism for change in changes} <= set(layouts)


def test_numbers_in_another_layout_are_the_same_numbers():
    plant = spoiler("inconsistent", column="paid", kind="numbers", rate=0.2)
    _, changes, _ = spoilt(plant, ROWS)
    for old, new in zip(changes[0].clean.to_pylist(), changes[0].dirty.to_pylist(), strict=True):
        assert float(old) == float(new.replace(".", "").replace(",", "."))


def test_the_layout_that_looks_the_same_is_planted_and_not_asked_for():
    columns = {"d": pa.array([f"{m:02d}/{d:02d}/2024" for m in range(1, 13) for d in range(1, 29)])}
    plant = spoiler("inconsistent", column="d", kind="dates", layouts=["%d/%m/%Y"])
    _, changes, calibration = spoilt(plant, columns)
    assert dirty_cells(changes)
    assert plant.facts(calibration) == []
    assert "Nobody can tell" in plant.how(calibration)


@pytest.mark.parametrize(
    ("x", "factor", "seen"),
    [
        (RNG.lognormal(0, 0.1, N), 2.2, True),
        (RNG.lognormal(0, 1, N), 2.2, False),
        (RNG.normal(0, 1, N), 100.0, False),
        (-RNG.lognormal(0, 0.1, N), 0.5, True),
        (np.where(RNG.random(N) < 0.3, 0.0, RNG.lognormal(0, 0.1, N)), 10.0, True),
    ],
    ids=["apart", "wide", "both signs", "below zero", "zeros"],
)
def test_units_are_asked_for_where_they_are_apart(x, factor, seen):
    plant = spoiler("inconsistent", column="x", kind="units", factor=factor, rate=0.2)
    table, changes, calibration = spoilt(plant, {"x": pa.array(x)})
    assert bool(plant.facts(calibration)) == seen
    assert abs(dirty_cells(changes) / N - 0.2) < 0.04
    if seen:
        found = findings(plant, table)
        assert found["factor"].estimate == pytest.approx(factor, rel=0.05)
        assert found["rate"].estimate == pytest.approx(dirty_cells(changes) / N, abs=1e-3)


def test_one_unit_is_not_two():
    plant = spoiler("inconsistent", column="x", kind="units")
    for x in (RNG.lognormal(0, 1, N), RNG.normal(100, 5, N)):
        assert findings(plant, pa.table({"x": x}))["rate"].estimate == 0
    assert findings(plant, pa.table({"x": [1.0, 2.0]}))["rate"].estimate is None


def test_variants_of_ones_own_are_taken():
    plant = spoiler("inconsistent", column="town", kind="spelling", rate=0.1, variants={"Berlin": ["BLN", "berlin"]})
    table, changes, calibration = spoilt(plant, ROWS)
    assert set(table["town"].to_pylist()) == {*CITIES, "BLN", "berlin"}
    assert {change.mechanism for change in changes} == {"variant"}
    assert set(findings(plant, table)["levels"].estimate) == set(CITIES) == set(plant.facts(calibration)[1].value)


def test_levels_that_look_like_variants_of_each_other_are_not_asked_for():
    words = pa.array(["Hamburg", "hamburg", "Bremen"] * 1000)
    plant = spoiler("inconsistent", column="town", kind="spelling")
    _, changes, calibration = spoilt(plant, {"town": words})
    assert dirty_cells(changes)
    assert plant.facts(calibration) == []


def test_spelling_of_many_different_texts():
    names = pa.array([f"Street {i}" for i in range(N)])
    plant = spoiler("inconsistent", column="s", kind="spelling", rate=0.3)
    table, changes, calibration = spoilt(plant, {"s": names})
    assert plant.facts(calibration) == []
    assert abs(dirty_cells(changes) / N - 0.3) < 0.05
    assert all(
        a.strip().casefold() == b.casefold() or a == "Str."
        for a, b in zip(*map(pa.Array.to_pylist, (table["s"].combine_chunks(), names)), strict=True)
    )


def test_gaps_stay_and_nothing_is_no_fault():
    gaps = {name: pa.array(column.to_pylist()[:200] + [None] * 50, column.type) for name, column in ROWS.items()}
    for column, kind in (
        ("height", "units"),
        ("since", "dates"),
        ("paid", "numbers"),
        ("phone", "phones"),
        ("town", "spelling"),
    ):
        plant = spoiler("inconsistent", column=column, kind=kind)
        table, _, _ = spoilt(plant, gaps, pilot=ROWS)
        assert table[column].null_count == 50
        nothing = findings(plant, pa.table(gaps).slice(0, 0))
        assert nothing["rate"].estimate is None
