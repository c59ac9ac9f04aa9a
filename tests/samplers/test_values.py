"""Categories, truth values, keys, constants and states."""

import uuid

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.samplers._make import LEVEL, N, make, sampler
from tests.samplers._weights import fits

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.samplers._chain import _SHORT, chain
from rowsmith.samplers._guide import GuideTable


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
