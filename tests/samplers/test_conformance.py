"""What every kind of column that is made from parameters must do: one run over the whole room."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.samplers._examples import EXAMPLES, given_for
from tests.samplers._examples_links import BY_ENGINE

from rowsmith.core.protocols import SAMPLERS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.settings import build, settings_of

CASES = [(name, settings) for name in SAMPLERS.names() for settings in EXAMPLES.get(name, [])]


def test_every_kind_has_an_example():
    assert {name for name, _ in CASES} == set(SAMPLERS.names()) - BY_ENGINE


@pytest.mark.parametrize("name", SAMPLERS.names())
def test_every_setting_is_explained(name):
    kind = SAMPLERS.load(name)
    assert dataclasses.is_dataclass(kind)
    assert kind.__doc__
    assert [s.name for s in settings_of(kind).values() if not s.help] == []


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_rows_have_the_type_and_number_and_depend_on_the_key_alone(name, settings):
    sampler = build(SAMPLERS.load(name), settings, name)
    for n in (0, 1, 500):
        given = given_for(sampler, n)
        first, again = (sampler.sample(Rows(0, n), Key(5), given) for _ in range(2))
        assert len(first) == n
        assert sampler.type in (None, first.type)
        assert first.equals(again)
        first.validate(full=True)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_another_key_gives_other_rows_unless_nothing_is_random(name, settings):
    sampler = build(SAMPLERS.load(name), settings, name)
    given = given_for(sampler, 300)
    rows = [sampler.sample(Rows(0, 300), Key(seed), given) for seed in (1, 2)]
    fixed = name in FIXED or (name == "id" and "shuffled" not in settings)
    assert rows[0].equals(rows[1]) == fixed


FIXED = {"constant", "formula", "lookup", "parent", "position", "template", "person.email"}
"""Kinds that are functions of their settings and of other columns."""


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_what_is_made_by_row_number_is_the_same_in_any_pieces_and_never_repeats(name, settings):
    sampler = build(SAMPLERS.load(name), settings, name)
    if not sampler.by_row:
        return
    whole = sampler.at(np.arange(600), Key(3))
    parts = pa.concat_arrays([sampler.sample(Rows(0, 250), Key(3), {}), sampler.sample(Rows(250, 350), Key(3), {})])
    assert whole.equals(parts)
    assert len(whole.unique()) == 600


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_choices_are_the_values_that_come_and_how_often(name, settings):
    sampler = build(SAMPLERS.load(name), settings, name)
    choices = sampler.choices()
    if choices is None:
        return
    n = 20_000
    drawn = sampler.sample(Rows(0, n), Key(3), given_for(sampler, n))
    drawn = drawn.dictionary_decode() if pa.types.is_dictionary(drawn.type) else drawn
    places = pc.index_in(drawn, choices.values)
    assert places.null_count == 0
    assert len(choices.values.unique()) == len(choices.values)
    assert (choices.weights > 0).all()
    expected = n * choices.weights / choices.weights.sum()
    often = expected > 5
    seen = np.bincount(places.to_numpy(), minlength=len(often))
    # 5 standard deviations of a count; some hundred counts are looked at
    assert (np.abs(seen - expected)[often] < 5 * np.sqrt(expected[often])).all()


def test_which_kinds_choose():
    found = {name for name, settings in CASES if build(SAMPLERS.load(name), settings, name).choices() is not None}
    assert found == {"boolean", "category", "constant", "date", "integer"}
