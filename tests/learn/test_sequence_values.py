"""Columns of sequences as numbers, steps and levels."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.core.codecs import fit_codec, learn_column
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.learn._sequence_steps import fit_steps
from rowsmith.learn._sequence_ties import split, steady
from rowsmith.learn._sequence_values import Values, fit_values
from rowsmith.learn._tie_absent import Absent
from rowsmith.learn._ties import Ties

RNG = np.random.default_rng(3)
SAME = np.arange(400) > 0


def learnt(values, kind, same):
    column = Column(kind=kind, type=str(values.type))
    return fit_values("x", column, values, same, fit_codec("x", column, values, Key(1)))


def fitted(values, kind):
    values = pa.array(values) if not isinstance(values, pa.Array) else values
    return values, learnt(values, kind, SAME[: len(values)])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (RNG.integers(-50, 50, 400), "integer"),
        (RNG.normal(size=400).round(2), "float"),
        (RNG.normal(size=400), "float"),
        (pa.array(RNG.integers(10**15, 10**15 + 10**9, 400)).cast(pa.timestamp("us")), "timestamp"),
        (pa.array(RNG.integers(0, 9000, 400), pa.int32()).cast(pa.date32()), "date"),
        (pa.array(RNG.choice(["a", "b", None], 400).tolist()), "category"),
        (pa.array(RNG.choice([1.5, 2.5, None], 400).tolist()), "float"),
    ],
    ids=["whole", "decimals", "fractions", "times", "dates", "levels", "nulls"],
)
def test_numbers_are_the_values(values, kind):
    values, column = fitted(values, kind)
    for each in (column, Values.from_state(column.state())):
        again = each.values(each.numbers(values), Rows(0, len(values)), Key(1))
        assert again.type == values.type
        if kind == "float" and not each.lattice:
            assert np.allclose(again.to_numpy(), values.to_numpy())
        else:
            assert again.equals(values)


def test_the_origin_is_not_the_value_of_one_row():
    values = pa.array(np.append(RNG.integers(500, 600, 399), 123))
    column = learnt(values, "integer", SAME)
    assert column.origin >= 500
    assert column.low == 0
    assert column.values(column.numbers(values), Rows(0, 400), Key(1)).equals(values)


def test_a_few_values_beside_the_lattice_are_drawn_on_it():
    values = RNG.integers(900, 1100, 1000).astype(float)
    values[7] += 0.3333
    column = learnt(pa.array(values), "float", np.arange(1000) > 0)
    assert column.scale == 1.0


def test_prices_step_by_logarithms_and_temperatures_do_not():
    rng = np.random.default_rng(3)  # of its own: a walk may look like prices by chance, in whatever order tests run
    prices = np.exp(rng.normal(0, 0.02, 400).cumsum() + np.linspace(0, 4, 400)).round(4)
    assert fitted(prices, "float")[1].log
    assert not fitted((15 + rng.normal(0, 1, 400).cumsum() % 20).round(1), "float")[1].log


def test_what_starts_anew_is_a_level_and_what_goes_on_a_step():
    counter = np.concatenate([np.arange(n) for n in RNG.integers(20, 60, 30)]).astype(float)
    base = np.append(np.nan, counter[:-1])
    _, column = fitted(counter[:400], "float")
    found = fit_steps(counter, base, column)
    steps = found.codes >= found.steps.first_step
    assert not steps[counter == 0].any()
    assert steps[counter > 0].all()


def test_large_steps_of_a_walk_stay_steps_and_their_tail_is_a_law():
    walk = RNG.standard_t(3, 3000).cumsum() + 100_000
    column = learnt(pa.array(walk), "float", np.arange(3000) > 0)
    moved = column.stepped(column.numbers(pa.array(walk)))
    found = fit_steps(column.numbers(pa.array(walk))[1:], moved[:-1], column)
    assert found.steps.first_step == 0
    assert (found.steps.tails[:, 1] > 0).all()
    assert (np.abs(found.steps.knots) < np.abs(np.diff(walk)).max()).all()


def test_the_tails_of_whole_steps_are_as_light_as_these():
    rng = np.random.default_rng(6)
    steps = (rng.geometric(0.75, 40_000) - 1) * rng.choice(
        [-1, 1], 40_000
    )  # twice as far is far rarer than by any power
    column = learnt(pa.array(steps), "integer", np.zeros(len(steps), dtype=bool))
    tails = fit_steps(column.numbers(pa.array(steps)), np.full(len(steps), -column.zero), column).steps.tails
    assert (tails[:, 1] > 0).all()
    assert (tails[:, 2] < 0.1).all()


def test_values_that_stand_for_missing_ones_count_for_nobody():
    values = RNG.gamma(3, 100, 400)
    there = np.sort(RNG.choice(400, 60, replace=False))
    tie = Absent("x", "y is null", Column(kind="float", type="double"), True)
    rows = {"x": pa.array(values, mask=~np.isin(np.arange(400), there)), "y": pa.array(values)}
    part = steady(Ties((tie,)), split(Ties((tie,)), rows), np.array([0, 400]))["x#there"]
    assert not part.values.null_count
    assert np.flatnonzero(part.owners == np.arange(400)).tolist() == there.tolist()
    column, low_high = Column(kind="float", type="double"), np.sort(values[there])[[4, -5]]
    learnt = learn_column("x", column, part.values, Key(1), None, part.owners)
    found = fit_values("x", column, part.values, SAME, learnt.codec, None, part.owners)
    assert not found.lattice
    assert np.array([found.low, found.high]).tolist() == low_high.tolist()
