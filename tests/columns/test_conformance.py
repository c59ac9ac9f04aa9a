"""What every column kind must do: one run over the whole room."""

import contextlib
import dataclasses
import inspect

import numpy as np
import pyarrow as pa
import pytest
from tests.columns._examples import EXAMPLES
from tests.columns.conftest import check

from rowsmith.columns._infer import infer_column
from rowsmith.core.codecs import fit_codec, learn_column
from rowsmith.core.errors import DataError
from rowsmith.core.protocols import COLUMN_KINDS, Claim, Profile, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import settings_of

UNCOUNTED = {"binary", "code", "float", "identifier", "mixed", "nested", "offset", "personal", "text"}
"""Kinds that make values anew, and fractions without a lattice."""


@pytest.fixture(params=COLUMN_KINDS.names())
def name(request):
    return request.param


@pytest.fixture
def column(name):
    values = EXAMPLES[name]
    form = {"as": "json"} if name == "mixed" else None
    field = pa.field("c", values.type)
    if form:
        from rowsmith.core.text import with_form

        field = with_form(field, form)
    return infer_column("c", field, values)


def test_settings_are_frozen_keyword_only_and_each_has_help(name):
    kind = COLUMN_KINDS.load(name)
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert all(p.kind is p.KEYWORD_ONLY for p in inspect.signature(kind).parameters.values())
    assert kind.__doc__
    assert all(s.help for s in settings_of(kind).values())
    kind()


def test_its_example_is_recognised_and_the_reason_is_said(name, column):
    assert column.kind == name
    assert column.why


def test_rows_of_entities_are_learnt_too(name, column):
    """Of persons of a few rows each, who have a value of their own in most of them."""
    values = EXAMPLES[name].take(pa.array(np.repeat(np.arange(300) % len(EXAMPLES[name]), 4)))
    if name == "identifier":
        values = pa.array([f"S{i:04d}" for i in range(1, 1201)])
    learnt = learn_column("c", column, values, Key(1), np.repeat(np.arange(300), 4))
    check(learnt.codec, values.filter(pa.array(~learnt.hidden)) if learnt.levels else values)
    everyone = learn_column("c", column, values, Key(1), np.arange(len(values)))
    assert everyone.codec.size == fit_codec("c", column, values, Key(1)).size  # each row its own: as without


def test_codes_and_values_agree(name, column):
    codec = fit_codec("c", column, EXAMPLES[name], Key(1))
    assert codec.nullable == (EXAMPLES[name].null_count > 0)
    check(codec, EXAMPLES[name])


def test_counted_values_differ_and_are_those_that_are_drawn(name, column):
    values = EXAMPLES[name]
    codec = fit_codec("c", column, values, Key(1))
    counts = codec.counts()
    assert (counts is None) == (name in UNCOUNTED)
    if counts is None:
        return
    assert counts.shape == (codec.size,)
    assert not codec.nullable or counts[0] == 0
    some = np.minimum(counts, 2000)
    codes = np.repeat(np.arange(codec.size, dtype=np.uint16), some)
    places = np.arange(len(codes)) - np.repeat(np.cumsum(some) - some, some)
    points = codec.point(codes, places) if len(codes) else values.slice(0, 0)
    assert points.type == values.type
    assert points.null_count == 0
    assert len(set(map(repr, points.to_pylist()))) == len(points)
    if (some == counts).all():
        drawn = codec.decode(codec.encode(values), Rows(0, len(values)), Key(2)).drop_null()
        assert set(map(repr, drawn.to_pylist())) <= set(map(repr, points.to_pylist()))


def test_a_saved_codec_makes_the_same(name, column, saved):
    values = EXAMPLES[name]
    codec = fit_codec("c", column, values, Key(1))
    other = saved(name, codec)
    codes = codec.encode(values)
    assert np.array_equal(codes, other.encode(values))
    for n in (0, 1, len(values)):
        one, two = (c.decode(codes[:n], Rows(5, n), Key(2)) for c in (codec, other))
        assert repr(one.to_pylist()) == repr(two.to_pylist())
        assert one.type == two.type == values.type
    assert (codec.size, codec.ordered, codec.exact) == (other.size, other.ordered, other.exact)


def test_a_fit_is_the_same_for_the_same_key(name, column):
    values = EXAMPLES[name]
    codes = [fit_codec("c", column, values, Key(1)).encode(values) for _ in range(2)]
    assert np.array_equal(*codes)


def test_every_code_can_be_decoded(name, column):
    codec = fit_codec("c", column, EXAMPLES[name], Key(1))
    codes = np.repeat(np.arange(codec.size, dtype=np.uint16), 50)
    made = codec.decode(codes, Rows(0, len(codes)), Key(4))
    assert len(made) == len(codes)
    assert np.array_equal(codec.encode(made), codes)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_are_enough(name, column, n):
    values = EXAMPLES[name].slice(1, n)
    check(fit_codec("c", column, values, Key(1)), values)


def test_slices_are_read_where_they_begin(name, column):
    values = EXAMPLES[name]
    codec = fit_codec("c", column, values, Key(1))
    assert np.array_equal(codec.encode(values.slice(3)), codec.encode(values)[3:])


def test_claims_never_fail_and_are_plain(name):
    kind = COLUMN_KINDS.load(name)
    for other, values in EXAMPLES.items():
        for part in (values, values.slice(0, 1), values.slice(0, 0)):
            claim = kind.claim(Profile(other, part, None, False))
            assert claim is None or isinstance(claim, Claim)


def test_values_of_another_type_are_refused_by_name(name):
    odd = {pa.string(): EXAMPLES["integer"], pa.int64(): pa.array(["x", "y"])}
    for values in odd.values():
        with contextlib.suppress(DataError):  # and no other error
            COLUMN_KINDS.load(name)().fit(values.drop_null(), None, Key(1))
