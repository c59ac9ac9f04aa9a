"""Two ways up that lead to one row in real rows do so in a twin: a grade's course is one of its pupil's class."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine._linked import PLAIN, key, schema

import rowsmith as rs
from rowsmith.core.ways import apart, end_of, ways_up
from rowsmith.learn._deal import redealt, repeated, room_in, swapped
from rowsmith.learn._sides import MANY


def frame(table):
    return table.to_pandas()


def school(seed, *, share=0.7, strangers=0.0):
    """Classes of pupils and of courses; each pupil takes some of its class's courses, each once."""
    r = np.random.default_rng(seed)
    course = np.repeat(np.arange(40), r.integers(3, 7, 40))
    pupil = np.sort(r.integers(0, 40, 500))
    who, what = np.nonzero((pupil[:, None] == course) & (r.random((len(pupil), len(course))) < share))
    what = np.where(r.random(len(what)) < strangers, r.integers(0, len(course), len(what)), what)
    who, what = np.unique(np.stack([who, what]), axis=1)
    letters = np.array(list("ABCDEFGH"))
    first = np.searchsorted(course, course)
    return {
        "classes": pa.table({"class": np.arange(40), "room": r.integers(1, 9, 40)}),
        "pupils": pa.table({"pupil": np.arange(500) + 1000, "class": pupil, "age": r.integers(10, 19, 500)}),
        "courses": pa.table(
            {
                "course": np.arange(len(course)) + 7000,
                "class": course,
                "subject": letters[(np.arange(len(course)) - first + course) % 8],
                "hours": r.integers(1, 5, len(course)),
            }
        ),
        "grades": pa.table({"pupil": who + 1000, "course": what + 7000, "mark": r.integers(1, 6, len(who))}),
    }


CLASS = key("class", "classes", "class")
SCHOOL = schema(
    classes=(["class"], []),
    pupils=(["pupil"], [CLASS]),
    courses=(["course"], [CLASS]),
    grades=(["pupil", "course"], [key("pupil", "pupils", "pupil"), key("course", "courses", "course")]),
)


def of_another_class(tables):
    """Share of the grades in a course of another class than the pupil's."""
    both = frame(tables["grades"]).merge(frame(tables["pupils"]), on="pupil")
    both = both.merge(frame(tables["courses"]), on="course", suffixes=("", "_of"))
    assert len(both) == len(tables["grades"])
    return (both["class"] != both["class_of"]).mean()


@pytest.mark.parametrize(("seed", "share"), [(0, 0.7), (1, 1.0), (2, 1.0)])
def test_pupils_take_courses_of_their_class_each_once(seed, share):
    real = school(seed, share=share)
    twin = rs.fit(real, schema=SCHOOL, **PLAIN).sample(seed=1)
    assert of_another_class(twin) == 0
    grades = frame(twin["grades"])
    assert not grades.duplicated(["pupil", "course"]).any()
    assert len(grades) == pytest.approx(len(real["grades"]), rel=0.01)
    for column in ("pupil", "course"):
        counts, theirs = (np.sort(frame(t["grades"])[column].value_counts()) for t in (twin, real))
        assert len(counts) == pytest.approx(len(theirs), rel=0.01)
        assert np.std(counts) == pytest.approx(np.std(theirs), rel=0.35)


def test_few_rows_that_break_it_stay_few():
    real = school(3, strangers=0.02)
    twin = rs.fit(real, schema=SCHOOL, **PLAIN).sample(seed=1)
    assert 0.005 < of_another_class(real) < 0.03
    assert of_another_class(twin) == pytest.approx(of_another_class(real), abs=0.01)


@pytest.mark.parametrize("named", [False, True])
def test_a_course_that_is_named_by_class_and_subject(named):
    """The class stands in the grade, whether or not it is also said to be one."""
    real = school(4, share=0.9)
    grades = frame(real["grades"]).merge(frame(real["courses"])[["course", "class", "subject"]], on="course")
    real["grades"] = pa.Table.from_pandas(grades[["pupil", "class", "subject", "mark"]], preserve_index=False)
    real["courses"] = real["courses"].drop_columns("course")
    both = ("class", "subject")
    links = [key("pupil", "pupils", "pupil"), key(both, "courses", both), *([CLASS] if named else [])]
    known = schema(
        classes=(["class"], []),
        pupils=(["pupil"], [CLASS]),
        courses=(both, [CLASS]),
        grades=(["pupil", "subject"], links),
    )
    twin = rs.fit(real, schema=known, **PLAIN).sample(seed=1)
    grades = frame(twin["grades"])
    mine = grades.merge(frame(twin["pupils"]), on="pupil", suffixes=("", "_of"))
    assert (mine["class"] == mine["class_of"]).all()
    assert len(grades.merge(frame(twin["courses"]), on=list(both))) == len(grades)
    assert not grades.duplicated(["pupil", "subject"]).any()
    assert len(twin["courses"]) == pytest.approx(len(real["courses"]), rel=0.03)
    assert len(grades) == pytest.approx(len(real["grades"]), rel=0.03)


def rentals(seed, branches=30, clerks=200, cars=250):
    """Rentals of customers; car and clerk are of one branch."""
    r = np.random.default_rng(seed)
    clerk, car = (np.sort(np.r_[:branches, r.integers(0, branches, n - branches)]) for n in (clerks, cars))
    taken = r.integers(0, cars, 2_000)
    first, some = np.searchsorted(clerk, car[taken]), np.bincount(clerk)[car[taken]]
    who = first + (r.random(2_000) * some).astype(int)
    customer = np.repeat(np.arange(400), 5)
    return {
        "branches": pa.table({"id": np.arange(branches), "town": np.arange(branches) % 6}),
        "clerks": pa.table({"id": np.arange(clerks), "branch": clerk, "pay": r.integers(20, 40, clerks)}),
        "cars": pa.table({"id": np.arange(cars), "branch": car, "seats": r.integers(2, 8, cars)}),
        "customers": pa.table({"id": np.arange(400), "born": r.integers(1940, 2000, 400)}),
        "rentals": pa.table(
            {"id": np.arange(2_000), "customer": customer, "car": taken, "clerk": who, "days": 1 + customer % 9}
        ),
        "damages": pa.table(
            {"id": np.arange(900), "rental": r.integers(0, 2_000, 900), "cost": r.integers(9, 99, 900)}
        ),
    }


BRANCH = key("branch", "branches", "id")


def links(**more):
    tables = {"branches": [], "customers": [], "clerks": [BRANCH], "cars": [BRANCH], **more}
    tables["rentals"] = [key("customer", "customers", "id"), key("car", "cars", "id"), key("clerk", "clerks", "id")]
    return schema(**{name: (["id"], keys) for name, keys in tables.items()})


@pytest.mark.parametrize("sizes", [(30, 200, 250), (5, 15, 20)])
def test_two_other_parents_are_of_one_family_and_have_as_many_rows(sizes):
    real = rentals(5, *sizes)
    twin = rs.fit(real, schema=links(damages=[key("rental", "rentals", "id")]), **PLAIN).sample(seed=1)
    cars, clerks, rows = (frame(twin[n]).set_index("id") for n in ("cars", "clerks", "rentals"))
    assert (cars.loc[rows.car, "branch"].to_numpy() == clerks.loc[rows.clerk, "branch"].to_numpy()).all()
    for column, n in (("car", sizes[2]), ("clerk", sizes[1])):
        counts, theirs = (np.bincount(frame(t["rentals"])[column], minlength=n) for t in (twin, real))
        assert np.std(counts) == pytest.approx(np.std(theirs), rel=0.3)


def test_where_most_branches_have_no_clerk_or_class_no_course_rows_go_where_there_is_one():
    model = rs.fit(rentals(9), schema=links(damages=[key("rental", "rentals", "id")]), **PLAIN)
    twin = model.sample(seed=1, rows={"clerks": 6})
    cars, clerks, rows = (frame(twin[n]).set_index("id") for n in ("cars", "clerks", "rentals"))
    assert len(rows) == 2_000
    assert (cars.loc[rows.car, "branch"].to_numpy() == clerks.loc[rows.clerk, "branch"].to_numpy()).all()
    twin = rs.fit(school(9), schema=SCHOOL, **PLAIN).sample(seed=1, rows={"courses": 20})
    assert of_another_class(twin) == 0
    assert len(twin["grades"]) > 100
    assert not frame(twin["grades"]).duplicated(["pupil", "course"]).any()


def test_a_way_of_two_links_meets_one_of_three():
    """Who mends a damage is of the branch of the rented car."""
    real = rentals(6)
    r = np.random.default_rng(6)
    clerk, car = (np.array(real[n]["branch"]) for n in ("clerks", "cars"))
    at = car[np.array(real["rentals"]["car"])[np.array(real["damages"]["rental"])]]
    mends = np.searchsorted(clerk, at) + (r.random(len(at)) * np.bincount(clerk)[at]).astype(int)
    real["damages"] = real["damages"].append_column("mender", pa.array(mends))
    damages = [key("rental", "rentals", "id"), key("mender", "clerks", "id")]
    twin = rs.fit(real, schema=links(damages=damages), **PLAIN).sample(seed=1, scale=1.5)
    cars, clerks, rows, found = (frame(twin[n]).set_index("id") for n in ("cars", "clerks", "rentals", "damages"))
    at = cars.loc[rows.loc[found.rental, "car"], "branch"].to_numpy()
    assert (at == clerks.loc[found.mender, "branch"].to_numpy()).all()
    assert (clerks.loc[rows.clerk, "branch"].to_numpy() == cars.loc[rows.car, "branch"].to_numpy()).all()


def test_a_tree_stays_inside_of_a_family_two_links_away():
    real = rentals(7)
    r = np.random.default_rng(7)
    clerk = np.array(real["clerks"]["branch"])[np.array(real["rentals"]["clerk"])]
    order = np.lexsort((r.random(len(clerk)), clerk))
    before = np.arange(len(clerk)) - np.searchsorted(clerk[order], clerk[order])
    some = (before > 0) & (r.random(len(clerk)) < 0.5)
    after = np.full(len(clerk), -1)
    after[order] = np.where(some, order[np.maximum(np.arange(len(clerk)) - 1, 0)], -1)
    real["rentals"] = real["rentals"].append_column("after", pa.array(after, mask=after < 0))
    known = links(damages=[key("rental", "rentals", "id")])
    table = known.tables["rentals"]
    keys = (*table.foreign_keys, key("after", "rentals", "id"))
    known = rs.Schema(tables={**known.tables, "rentals": dataclasses.replace(table, foreign_keys=keys)})
    twin = rs.fit(real, schema=known, **PLAIN).sample(seed=1)
    clerks, rows = (frame(twin[n]).set_index("id") for n in ("clerks", "rentals"))
    linked = rows[rows.after.notna()]
    assert 0.3 < len(linked) / len(rows) < 0.7
    branch = [clerks.loc[each.clerk, "branch"].to_numpy() for each in (linked, rows.loc[linked.after])]
    assert (branch[0] == branch[1]).all()
    at = linked.after
    for _ in range(len(rows)):
        if not len(at):
            break
        at = rows.after.reindex(at).dropna()
    assert not len(at), "nobody is above himself"


def test_a_link_that_follows_from_another_does_when_rows_exchanged_their_parents():
    real = school(8, share=0.9)
    teacher = np.random.default_rng(8).integers(0, 60, len(real["courses"]))
    real["teachers"] = pa.table({"id": np.arange(60), "since": np.arange(60) % 9})
    real["courses"] = real["courses"].append_column("teacher", pa.array(teacher))
    taken = np.array(real["grades"]["course"]) - 7000
    real["grades"] = real["grades"].append_column("teacher", pa.array(teacher[taken]))
    taught = key("teacher", "teachers", "id")
    grades = [key("pupil", "pupils", "pupil"), key("course", "courses", "course"), taught]
    known = schema(
        classes=(["class"], []),
        teachers=(["id"], []),
        pupils=(["pupil"], [CLASS]),
        courses=(["course"], [CLASS, taught]),
        grades=(["pupil", "course"], grades),
    )
    twin = rs.fit(real, schema=known, **PLAIN).sample(seed=1)
    both = frame(twin["grades"]).merge(frame(twin["courses"]), on="course", suffixes=("", "_of"))
    assert (both.teacher == both.teacher_of).all()
    assert of_another_class(twin) == 0


def test_a_key_holds_beside_pairs_that_go_once():
    """Lines of an order are numbered, and no product comes in two of them; it is of the order's shop."""
    r = np.random.default_rng(10)
    shop, of = np.repeat(np.arange(30), 8), r.integers(0, 30, 600)
    order = np.repeat(np.arange(600), r.integers(1, 5, 600))
    product = np.array([of[o] * 8 + k for o in range(600) for k in r.permutation(8)[: (order == o).sum()]])
    line = np.arange(len(order)) - np.searchsorted(order, order)
    price = r.gamma(2, 20, 240)
    real = {
        "shops": pa.table({"id": np.arange(30), "town": np.arange(30) % 6}),
        "products": pa.table({"id": np.arange(240), "shop": shop, "price": np.round(price, 2)}),
        "orders": pa.table({"id": np.arange(600), "shop": of, "tip": r.integers(0, 9, 600)}),
        "lines": pa.table(
            {"order": order, "line": line + 1, "product": product, "paid": np.round(price[product] * 0.9, 1)}
        ),
    }
    sold = key("shop", "shops", "id")
    known = schema(
        shops=(["id"], []),
        products=(["id"], [sold]),
        orders=(["id"], [sold]),
        lines=(["order", "line"], [key("order", "orders", "id"), key("product", "products", "id")]),
    )
    twin = rs.fit(real, schema=known, **PLAIN).sample(seed=1)
    lines, orders, products = (frame(twin[n]) for n in ("lines", "orders", "products"))
    assert not lines.duplicated(["order", "line"]).any()
    assert lines.duplicated(["order", "product"]).mean() < 0.02
    assert len(lines) == pytest.approx(len(order), rel=0.02)
    shops = [rows.set_index("id").shop for rows in (orders, products)]
    assert (shops[0].loc[lines.order].to_numpy() == shops[1].loc[lines["product"]].to_numpy()).all()


def test_ways_end_where_links_do():
    @dataclasses.dataclass
    class Arrow:
        child: str
        parent: str

    arrows = [Arrow("a", "b"), Arrow("b", "c"), Arrow("a", "c"), Arrow("c", "a"), Arrow("c", "c")]
    assert ways_up(arrows, "a") == [(0,), (2,), (0, 1)]
    up = [np.array([1, -1, 0]), np.array([2, -2])]
    assert end_of((0, 1), up, 3).tolist() == [-2, -1, 2]
    assert end_of((), up, 3).tolist() == [0, 1, 2]
    one = np.arange(100) % 5
    assert apart(one, one) == (0.0, pytest.approx(0.8))
    assert apart(one, one[::-1]) is None
    assert apart(one % 1, one % 1) is None
    assert apart(np.where(one == 0, -1, one), one) == (0.0, pytest.approx(0.75))


def test_rooms_sum_up_to_the_rows_of_each_class_with_numbers_as_they_should_be():
    r = np.random.default_rng(0)
    its = np.repeat(np.arange(20), 10)
    counts = r.poisson(8, 200)
    mine = np.repeat(np.arange(20), np.linspace(40, 120, 20).astype(int))
    room = room_in(mine, its, counts, np.ones(200, dtype=bool), r)
    assert (np.bincount(its, weights=room) == np.bincount(mine)).all()
    assert np.std(room) == pytest.approx(np.std(counts), rel=0.2)
    plain = counts * (np.bincount(mine) / np.bincount(its, weights=counts))[its]
    assert np.std(plain) > 1.2 * np.std(counts), "shares alone are too far apart"


def test_sizes_are_exchanged_where_there_is_a_limit():
    r = np.random.default_rng(1)
    sizes, most = r.integers(0, 6, 300), r.integers(3, 9, 300)
    found = swapped(sizes, most, r)
    assert (found <= most).all()
    assert sorted(found.tolist()) == sorted(sizes.tolist())
    cut = swapped(np.array([9, 9, 1, 0]), np.array([2, 3, 2, 5]), r)
    assert cut.tolist() == [2, 3, 2, 5], "there is no more room"
    kept = swapped(np.array([10, 4, 4, 0]), np.array([2, 9, 9, 9]), r)
    assert kept.tolist() == [2, 8, 8, 0], "who has no rows gets none, as long as others have room"


@given(st.data())
def test_no_row_is_lost_where_there_is_room(data):
    sizes = np.array(data.draw(st.lists(st.integers(0, 100), min_size=1, max_size=9)))
    limit = st.one_of(st.integers(0, 9), st.just(MANY))
    most = np.array(data.draw(st.lists(limit, min_size=len(sizes), max_size=len(sizes))))
    found = swapped(sizes, most, np.random.default_rng(data.draw(st.integers(0, 99))))
    assert (found <= most).all()
    assert found.sum() == min(sizes.sum(), most.sum())


def test_as_many_rows_come_as_are_asked_for_or_it_is_said_how_many_can():
    model = rs.fit(school(0), schema=SCHOOL, **PLAIN)
    assert model.sample(seed=1, rows={"grades": 1_900})["grades"].num_rows == 1_900
    with pytest.raises(
        rs.SpecError, match=r"^rows: grades=90000: no more than [12],\d{3} rows find parents that they may have\.$"
    ):
        model.sample(seed=1, rows={"grades": 90_000})


def test_parents_are_dealt_anew_so_that_none_comes_twice():
    r = np.random.default_rng(2)
    others = np.repeat(np.arange(12), r.integers(3, 6, 12))
    room = np.bincount(r.integers(0, 5, len(others)), minlength=5)
    found = redealt(others, np.arange(5), room, np.zeros(len(others), dtype=int), np.zeros(5, dtype=int), r)
    assert not repeated([others, found]).any()
    full = redealt(np.zeros(4, dtype=int), np.array([3, 8]), np.array([2, 2]), np.zeros(4, dtype=int), np.zeros(2), r)
    assert set(full.tolist()) == {3, 8}
