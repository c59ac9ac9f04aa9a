"""Categories, keys, states, lists, records and places."""

import collections
import json
import uuid

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st
from scipy import stats
from tests.samplers._make import LEVEL, make, sampler

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._chain import _SHORT, chain
from rowsmith.samplers._guide import GuideTable
from rowsmith.samplers._shown import as_json
from rowsmith.samplers.point import EARTH_KM

N = 40_000


def fits(values, weights):
    """Whether values come in proportion to weights, and no others."""
    seen = collections.Counter(values)
    total = sum(weights.values())
    assert set(seen) <= {v for v, w in weights.items() if w}
    kept = [v for v, w in weights.items() if w]
    expected = [len(values) * weights[v] / total for v in kept]
    return len(kept) == 1 or stats.chisquare([seen[v] for v in kept], expected).pvalue > LEVEL


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "values",
    [
        {"a": 1, "b": 1},
        {"a": 90, "b": 9, "c": 0.5, "d": 0},
        {1: 3, 2: 4, 7: 5},
        {f"v{i}": 1 + i % 13 for i in range(200)},
        {0.5: 1e-3, 1.5: 2e-3},
    ],
)
def test_categories_come_by_weight(values, seed):
    assert fits(make("category", N, seed, values=values).to_pylist(), values)


def test_keys_that_say_true_and_false_are_truth_values():
    assert fits(make("category", N, values={"true": 9, "false": 1}).to_pylist(), {True: 9, False: 1})
    assert make("category", 1, values=["true"]).type != pa.bool_()


def test_equal_weights_are_those_of_a_list():
    assert fits(make("category", N, values=["x", "y", "z"]).to_pylist(), dict.fromkeys("xyz", 1))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a"], pa.dictionary(pa.int8(), pa.string())),
        ([f"v{i}" for i in range(128)], pa.dictionary(pa.int8(), pa.string())),
        ([f"v{i}" for i in range(129)], pa.dictionary(pa.int16(), pa.string())),
        ([f"v{i}" for i in range(40_000)], pa.dictionary(pa.int32(), pa.string())),
        ([1, 2], pa.int64()),
        ([1, 2.5], pa.float64()),
        ([True, False], pa.bool_()),
        ({"true": 1, "false": 3}, pa.bool_()),
    ],
)
def test_the_type_is_that_of_the_values(values, kind):
    assert make("category", 10, values=values).type == kind


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"values": []}, "expected a list"),
        ({"values": ["a", 1]}, "one kind"),
        ({"values": [True, 1]}, "one kind"),
        ({"values": {"a": -1}}, "'a'=-1: expected a weight"),
        ({"values": {"a": 0}}, "greater than 0"),
        ({"values": {"a": float("nan")}}, "expected a weight"),
        ({"values": [float("inf")]}, "finite"),
        ({"values": [2**70]}, "a column can hold"),
        ({"values": ["a"], "given": {"x": {"p": {"a": 1}}, "y": {"p": {"a": 1}}}}, "expected one column"),
        ({"values": ["a"], "given": {"x": {"p": 3}}}, r"given.x.p=3"),
        ({"values": ["a"], "given": {"x": [{"for": ["p"]}]}}, "is not of the form"),
        ({"values": ["a"], "given": {"x": [{"for": ["p", "p"], "weights": ["a"]}]}}, "stands twice"),
        ({"values": ["a"], "given": {"x": {"p": [1]}}}, "one kind"),
    ],
)
def test_category_refuses(bad, words):
    with pytest.raises(SpecError, match=words):
        sampler("category", **bad)


WAYS = [
    {"country": {"DE": {"EUR": 9, "CHF": 1}, "FR": {"EUR": 9, "CHF": 1}, "US": {"USD": 1}}},
    {"country": [{"for": ["DE", "FR"], "weights": {"EUR": 9, "CHF": 1}}, {"for": "US", "weights": ["USD"]}]},
]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("coded", [True, False])
def test_weights_that_depend_on_a_column(way, coded, seed):
    rng = np.random.default_rng(seed)
    country = pa.array(rng.choice(np.array(["DE", "FR", "US", "JP", None], dtype=object), N), pa.string())
    column = country.dictionary_encode() if coded else country
    values = {"EUR": 1, "USD": 1, "JPY": 2}
    got = np.array(make("category", N, seed, {"country": column}, values=values, given=way).to_pylist())
    levels = np.array(country.to_pylist(), dtype=object)
    assert fits(got[np.isin(levels, ["DE", "FR"])].tolist(), {"EUR": 9, "CHF": 1})
    assert set(got[levels == "US"]) == {"USD"}
    assert fits(got[levels == "JP"].tolist(), values)
    assert fits(got[levels == None].tolist(), values)  # noqa: E711  # element by element


def test_without_values_a_level_that_is_not_listed_gives_null():
    column = {"c": pa.array(["DE", "XX", None])}
    got = sampler("category", given={"c": {"DE": ["EUR"]}}).sample(Rows(0, 3), Key(0), column)
    assert got.to_pylist() == ["EUR", None, None]


@pytest.mark.parametrize(
    "column",
    [pa.array([1, 2, 1], pa.int32()), pa.array(["1", "2", "1"]), pa.array([1.0, 2.0, 1.0])],
)
def test_levels_find_numbers_and_their_texts(column):
    got = sampler("category", given={"c": {1: ["one"], 2: ["two"]}}).sample(Rows(0, 3), Key(0), {"c": column})
    assert got.to_pylist() == ["one", "two", "one"]


def test_levels_find_truth_and_dates():
    flags = sampler("lookup", of="c", values={"true": "yes", "false": "no"})
    assert flags.sample(Rows(0, 2), Key(0), {"c": pa.array([True, False])}).to_pylist() == ["yes", "no"]
    days = sampler("lookup", of="c", values={"2024-01-01": 1})
    assert days.sample(Rows(0, 1), Key(0), {"c": pa.array([19723], pa.date32())}).to_pylist() == [1]


def test_a_level_that_the_column_cannot_have_is_refused():
    with pytest.raises(SpecError, match=r"given\.c: the column is int64"):
        sampler("category", given={"c": {"DE": ["EUR"]}}).sample(Rows(0, 1), Key(0), {"c": pa.array([1])})


def test_lookup_finds_defaults_and_keeps_null():
    column = {"c": pa.array(["DE", "XX", None, "US"])}
    plain = sampler("lookup", of="c", values={"DE": "EUR", "US": "USD"})
    assert plain.sample(Rows(0, 4), Key(0), column).to_pylist() == ["EUR", None, None, "USD"]
    other = sampler("lookup", of="c", values={"DE": 0.19, "US": 0}, default=0.5)
    assert other.sample(Rows(0, 4), Key(0), column).to_pylist() == [0.19, 0.5, None, 0]
    assert other.reads == ("c",)
    with pytest.raises(SpecError, match="one kind"):
        sampler("lookup", of="c", values={"DE": 1}, default="x")


@pytest.mark.parametrize("seed", range(3))
def test_booleans_are_true_as_often_as_told(seed):
    p = np.where(np.arange(N) % 2, 0.2, 0.9)
    got = sampler("boolean", p=p).sample(Rows(0, N), Key(seed), {}).to_numpy(zero_copy_only=False)
    for share in (0.2, 0.9):
        assert stats.binomtest(int(got[p == share].sum()), N // 2, share).pvalue > LEVEL
    assert make("boolean", 100, p=1).to_pylist() == [True] * 100
    with pytest.raises(SpecError, match=r"p=1.5: expected"):
        sampler("boolean", p=1.5)


def test_uuids_are_of_version_4_and_look_random():
    made = make("uuid", N).to_pylist()
    assert all(uuid.UUID(text).version == 4 and uuid.UUID(text).variant == uuid.RFC_4122 for text in made[:2000])
    assert all(str(uuid.UUID(text)) == text for text in made[:2000])
    assert len(set(made)) == N
    digits = np.frombuffer("".join(made).encode(), np.uint8).reshape(N, 36)
    for place in range(36):
        if place not in (8, 13, 14, 18, 23):
            seen = np.unique(digits[:, place], return_counts=True)[1]
            assert len(seen) == (4 if place == 19 else 16)
            assert stats.chisquare(seen).pvalue > LEVEL
    assert not set(made) & set(make("uuid", N, 1).to_pylist())


def test_ids_are_as_python_formats_them():
    assert make("id", 3, format="A{:03d}Z").to_pylist() == [f"A{i:03d}Z" for i in (1, 2, 3)]
    for start in (0, 97, 9_999_998, 10**17):
        for width in (1, 3, 8, 18):
            got = make("id", 5, start=start, step=3, format=f"é-{{:0{width}d}}!").to_pylist()
            assert got == [f"é-{start + 3 * i:0{width}d}!" for i in range(5)]
    assert make("id", 3, start=-1, format="{}").to_pylist() == ["-1", "0", "1"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"step": 0}, "step=0"),
        ({"shuffled": 0}, "shuffled=0"),
        ({"format": "x"}, "one place"),
        ({"format": "{}{}"}, "one place"),
        ({"format": "{:019d}"}, "at most 18"),
        ({"format": "{:8d}"}, "one place"),
        ({"format": "{:03d}", "start": -1}, "start=-1"),
    ],
)
def test_id_refuses(bad, words):
    with pytest.raises(SpecError, match=words):
        sampler("id", **bad)


def test_id_refuses_what_runs_out():
    with pytest.raises(SpecError, match=r"shuffled=5: row 6 was asked for"):
        make("id", 6, shuffled=5)
    with pytest.raises(SpecError, match="beyond 64 bits"):
        make("id", 3, start=2**63 - 2)


def test_constants():
    assert make("constant", 3, value="x").to_pylist() == ["x"] * 3
    assert make("constant", 2, value=None).to_pylist() == [None, None]
    assert make("constant", 2, value=True).type == pa.bool_()
    with pytest.raises(SpecError):
        sampler("constant", value=float("nan"))


WEATHER = {"sun": {"sun": 8, "rain": 2}, "rain": {"sun": 3, "rain": 5, "snow": 2}, "snow": {"rain": 1}}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("grouped", [True, False])
def test_states_follow_as_the_weights_say(grouped, seed):
    group = np.sort(np.random.default_rng(seed).integers(0, 3000, N)) if grouped else np.zeros(N, dtype=np.int64)
    column = {"g": pa.array(group)} if grouped else {}
    settings = {"transitions": WEATHER, "start": {"sun": 1, "snow": 3}, **({"within": "g"} if grouped else {})}
    got = np.array(make("sequence", N, seed, column, **settings).to_pylist())
    first = np.concatenate(([True], group[1:] != group[:-1]))
    after = ~first[1:]
    for state, weights in WEATHER.items():
        assert fits(got[1:][after & (got[:-1] == state)].tolist(), weights)
    if grouped:
        assert fits(got[first].tolist(), settings["start"])


def test_chains_may_stand_in_any_order_and_null_has_none():
    group = pa.array(["b", "a", None, "b", "a", "b"])
    got = make("sequence", 6, 0, {"g": group}, within="g", transitions={"x": ["y"], "y": ["z"]}).to_pylist()
    assert got == ["x", "x", None, "y", "y", "z"]


def walked(tables, states, u, sizes):
    out, at = [], 0
    for size in sizes:
        now = states
        for _ in range(size):
            now = int(tables.draw(u[at : at + 1], now)[0])
            out.append(now)
            at += 1
    return out


FORGETFUL = [([1], [1.0]), ([0, 1, 2], [1.0, 2.0, 3.0]), ([0, 2], [1.0, 1.0]), ([0, 1, 2], [1.0, 1.0, 1.0])]
CYCLE = [([1], [1.0]), ([2], [1.0]), ([0], [1.0]), ([0, 1, 2], [1.0, 1.0, 1.0])]  # it never forgets where it began


@pytest.mark.parametrize("law", [FORGETFUL, CYCLE])
@pytest.mark.parametrize("sizes", [[3], [_SHORT * 3 + 7], [1, 2 * _SHORT, 5, _SHORT, _SHORT + 1], [1] * 50, []])
def test_cut_chains_are_those_of_a_walk_row_by_row(sizes, law):
    tables = GuideTable.of(law)
    u = np.random.default_rng(5).random(sum(sizes))
    assert chain(tables, 3, u, np.array(sizes, dtype=np.int64)).tolist() == walked(tables, 3, u, sizes)


def test_sequence_starts_in_its_first_state_and_stays_in_one_without_others():
    got = make("sequence", 4, transitions={"a": {"b": 1}, "b": {"end": 1}}).to_pylist()
    assert got == ["a", "b", "end", "end"]
    with pytest.raises(SpecError, match="transitions"):
        sampler("sequence", transitions={})
    with pytest.raises(SpecError, match=r"transitions\.a: 'b'=-1"):
        sampler("sequence", transitions={"a": {"b": -1}})


def test_json_is_what_python_reads_back():
    texts = ['a"b', "c\\d", "e\nf", "é", "", None]
    columns = {
        "text": pa.array(texts).dictionary_encode(),
        "number": pa.array([1, 2, 3, 4, None, 6]),
        "real": pa.array([0.1, 1e300, float("nan"), float("inf"), -2.0, None]),
        "when": pa.array([0, 1, None, 3, 4, 1_500_000], pa.timestamp("us")),
        "zoned": pa.array([0] * 6, pa.timestamp("s", tz="Europe/Berlin")),
        "long": pa.array([1_500_000] * 6, pa.duration("us")),
    }
    fields = {name: name for name in columns} | {
        "in": {"flag": {"kind": "boolean"}, 'odd "name"': "number"},
        "more": {"kind": "list", "of": {"kind": "category", "values": ["x", '"']}, "length": 2},
        "sum": {"sql": "number + 1"},
    }
    made = sampler("json", fields=fields)
    assert set(made.reads) == set(columns)
    rows = [json.loads(text) for text in made.sample(Rows(0, 6), Key(0), columns).to_pylist()]
    assert [row["text"] for row in rows] == texts
    assert [row["number"] for row in rows] == [1, 2, 3, 4, None, 6]
    assert [row["real"] for row in rows] == [0.1, 1e300, None, None, -2.0, None]
    assert rows[0]["when"] == "1970-01-01T00:00:00"
    assert rows[5]["when"] == "1970-01-01T00:00:01.500000"
    assert rows[2]["when"] is None
    assert rows[0]["zoned"] == "1970-01-01T00:00:00Z"
    assert rows[0]["long"] == 1.5
    assert [row["in"]['odd "name"'] for row in rows] == [1, 2, 3, 4, None, 6]
    assert all(row["in"]["flag"] in (True, False) and set(row["more"]) <= {"x", '"'} for row in rows)
    assert [row["sum"] for row in rows] == [2, 3, 4, 5, None, 7]
    assert list(rows[0]) == list(fields)


@settings(max_examples=40, deadline=None)
@each(st.lists(st.one_of(st.none(), st.lists(st.one_of(st.none(), st.text())))))
def test_json_of_lists_of_texts(values):
    column = pa.array(values, pa.list_(pa.string()))
    assert [json.loads(text) for text in as_json(column).to_pylist()] == values


def test_lists_have_the_lengths_and_items_of_their_kinds():
    made = make("list", N, of={"kind": "category", "values": {"a": 1, "b": 3}}, length={"kind": "poisson", "mean": 2})
    lengths = pc.list_value_length(made).to_numpy()
    counts = np.bincount(np.minimum(lengths, 6), minlength=7)
    law = stats.poisson(2)
    expected = N * np.append(law.pmf(range(6)), law.sf(5))
    assert stats.chisquare(counts, expected).pvalue > LEVEL
    assert fits(made.flatten().to_pylist(), {"a": 1, "b": 3})


def test_items_read_the_columns_of_their_row():
    starts = pa.array([0, 10**9, None], pa.timestamp("us"))
    made = make("list", 3, 0, {"t": starts}, of={"kind": "timestamp", "after": "t", "within": "5 seconds"}, length=4)
    for row, start in zip(made, starts, strict=True):
        for moment in row:
            assert moment.value is None if start.value is None else 0 <= moment.value - start.value <= 5_000_000


def test_a_chain_inside_a_list_starts_in_every_list():
    made = make("list", 5, of={"kind": "sequence", "transitions": {"a": {"b": 1}}}, length=3)
    assert made.to_pylist() == [["a", "b", "b"]] * 5


def test_fields_of_a_struct_have_streams_of_their_own():
    made = make("struct", N, fields={"x": {"kind": "normal"}, "y": {"kind": "normal"}, "z": "boolean"})
    x, y, z = made.flatten()
    assert stats.pearsonr(x, y).pvalue > LEVEL
    assert fits(z.to_pylist(), {True: 1, False: 1})


@pytest.mark.parametrize(
    ("kind", "bad", "words"),
    [
        ("struct", {"fields": {}}, "fields={}"),
        ("struct", {"fields": {"a": {"mean": 1}}}, r"fields\.a={'mean': 1}: expected a kind"),
        ("struct", {"fields": {"a": {"kind": "normal", "sd": -1}}}, r"^fields\.a\.sd=-1: expected"),
        ("struct", {"fields": {"a": {"kind": "norml"}}}, r"did you mean 'normal'"),
        ("struct", {"fields": {"a": {"kind": "normal", "null": 0.5}}}, r"fields\.a\.null=0.5: is possible for a whole"),
        (
            "struct",
            {"fields": {"a": {"kind": "normal", "mean": {"sql": "x"}}}},
            r"fields\.a\.mean: SQL is not possible",
        ),
        ("struct", {"fields": {"a": {"kind": "id"}}}, "never repeat"),
        ("struct", {"fields": {"a": {"kind": "formula", "sql": "1"}}}, "column of its own"),
        ("json", {"fields": {"a": {}}}, r"fields\.a={}"),
        ("json", {"fields": {"a": {"kind": "parent"}}}, "column of its own"),
        ("list", {"of": "boolean", "length": -1}, "length=-1"),
        ("list", {"of": "boolean", "length": {"kind": "normal"}}, "whole numbers"),
        ("list", {"of": {"kind": "regex", "pattern": "a", "unique": True}, "length": 1}, "never repeat"),
    ],
)
def test_what_cannot_stand_inside_is_refused(kind, bad, words):
    with pytest.raises(SpecError, match=words):
        sampler(kind, **bad)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("box", [[-60, 170, 80, -150], [10, 2, 12, 5.5]])
def test_points_are_even_over_the_area_of_a_box(box, seed):
    south, west, north, east = box
    made = make("point", N, seed, box=box)
    lat, lon = (part.to_numpy() for part in made.flatten())
    low, high = np.sin(np.radians([south, north]))
    assert stats.kstest((np.sin(np.radians(lat)) - low) / (high - low), "uniform").pvalue > LEVEL
    assert stats.kstest((lon - west) % 360 / ((east - west) % 360), "uniform").pvalue > LEVEL
    assert ((lon >= -180) & (lon < 180)).all()


def away(lat, lon, lat0, lon0):
    """Kilometres by the haversine formula."""
    lat, lon, lat0, lon0 = map(np.radians, (lat, lon, lat0, lon0))
    h = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(h))


@pytest.mark.parametrize("center", [(52.52, 13.405), (-89.99, 0.0), (10.0, 179.99), (90.0, 0.0)])
@pytest.mark.parametrize("spread", [0.2, 10, 9000])
def test_points_scatter_around_a_centre(center, spread):
    made = make("point", N, center=list(center), spread_km=spread, digits=9)
    lat, lon = (part.to_numpy() for part in made.flatten())
    distance = away(lat, lon, *center)
    # the area within a distance on a sphere, in units in which the law is an exponential one cut at the far pole
    kappa = (EARTH_KM / spread) ** 2
    rise = 2 * kappa * np.sin(distance / EARTH_KM / 2) ** 2
    assert stats.kstest(rise, stats.truncexpon(2 * kappa).cdf).pvalue > LEVEL
    assert (np.abs(lat) <= 90).all()
    assert ((lon >= -180) & (lon < 180)).all()
    if spread == 10:
        assert abs(distance.mean() / (spread * np.sqrt(np.pi / 2)) - 1) < 0.02
    if spread < 100 and abs(center[0]) < 80:
        north, east = lat - center[0], ((lon - center[1] + 180) % 360 - 180) * np.cos(np.radians(center[0]))
        assert abs(np.corrcoef(north, east)[0, 1]) < 0.03
        assert abs(north.std() / east.std() - 1) < 0.03


def test_points_as_text_and_with_a_spread_for_each_row():
    spread = np.where(np.arange(1000) % 2, 0.001, 100.0)
    made = sampler("point", center=[50, 8], spread_km=spread, as_text=True, digits=4)
    pairs = np.array([text.split(", ") for text in made.sample(Rows(0, 1000), Key(0), {}).to_pylist()])
    assert all(len(text.partition(".")[2]) == 4 for text in pairs.ravel())
    distance = away(pairs[:, 0].astype(float), pairs[:, 1].astype(float), 50, 8)
    assert (distance[1::2] < 0.03).all()
    assert np.median(distance[::2]) > 50


@pytest.mark.parametrize(
    "bad", [{}, {"box": [1, 2, 3]}, {"box": [5, 0, 1, 1]}, {"center": [91, 0]}, {"center": [0, 0], "spread_km": 0}]
)
def test_point_refuses(bad):
    with pytest.raises(SpecError):
        sampler("point", **bad)
