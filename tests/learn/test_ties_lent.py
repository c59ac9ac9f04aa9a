"""Values that ties lend to rows in which they say nothing: nobody is counted twice, where it is counted who shares a value."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from rowsmith.core.computed import flags
from rowsmith.core.protocols import LEARNERS, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, Table
from rowsmith.core.shield import FEW
from rowsmith.learn._tie_moment import Moment
from rowsmith.learn.table import fit_table

N = 3000
RNG = np.random.default_rng(11)
KINDS = {"double": "float", "string": "category", "timestamp[s]": "timestamp"}


def model_of(rows, units=None, **rules):
    schema = Table(columns={n: Column(kind=KINDS[str(v.type)], type=str(v.type)) for n, v in rows.items()}, rules=rules)
    return fit_table(pa.table(rows), schema, LEARNERS.load("trees")(), name="t", key=Key(3), units=units)


def some(share):
    """Rows that have a value, and amounts that are nobody else's, to the last digit."""
    return np.arange(N) < share, RNG.gamma(3.0, 100.0, N)


def test_values_of_few_rows_that_many_are_lent_do_not_come_back():
    few, amounts = some(7)
    a = pa.array(np.round(amounts), mask=few)
    b = pa.array(np.round(RNG.random(N) * 50))
    rows = {"a": a, "b": b, "t": pa.array(np.where(few, amounts, pc.add(a, b).fill_null(0.0)))}
    model = model_of(rows, sum="t = a + b")
    assert set(model.ties.learns) == {"t#own"}
    drawn = model.sample(Rows(0, 20 * N), Key(4))
    own = flags(drawn["a"].is_null())
    assert own.any()
    assert not np.isin(drawn["t"].to_numpy(zero_copy_only=False)[own], amounts[:7]).any()


@pytest.mark.parametrize("units", [None, np.arange(N) // 2])
def test_values_of_fewer_rows_than_may_be_told_are_no_part_of_a_model(units):
    few, amounts = some(FEW - 1)
    a = pa.array(np.round(amounts), mask=few)
    rows = {"a": a, "b": a, "t": pa.array(np.where(few, amounts, 2 * np.round(amounts)))}
    model = model_of(rows, units, sum="t = a + b")
    drawn = model.sample(Rows(0, 20 * N), Key(4))
    assert flags(drawn["t"].is_null())[flags(drawn["a"].is_null())].all()
    state = str(model.state())
    assert not any(str(value) in state for value in amounts[: FEW - 1])


def test_the_ends_of_what_some_rows_have_are_theirs():
    there, amounts = some(220)
    state = np.where(there, "paid", "open")
    rows = {"state": pa.array(state), "amount": pa.array(amounts, mask=~there)}
    model = model_of(rows, paid="(state = 'open') = (amount is null)")
    assert model.ties.each[0].only
    drawn = model.sample(Rows(0, 20 * N), Key(4))["amount"].drop_null().to_numpy()
    low, high = np.sort(amounts[there])[[FEW - 1, -FEW]]
    assert (drawn.min(), drawn.max()) == (low, high)
    assert np.isin(drawn, amounts).mean() < 0.1  # these two alone


def test_gaps_and_values_without_a_bound_are_counted_where_they_are():
    there, amounts = some(220)
    low = pa.array(np.where(there, np.round(RNG.random(N) * 50_000, 2), 0), mask=~there)
    high = pa.array(np.where(there, pc.fill_null(low, 0.0).to_numpy() + amounts, RNG.random(N) * 1000))
    model = model_of({"low": low, "high": high}, order="low <= high")
    assert set(model.ties.learns) == {"high#gap", "high#own"}
    codec = dict(zip(model.ties.learns, model.codecs[2:], strict=True))["high#gap"]
    ends = codec.decode(np.array([0, codec.size - 1], dtype=np.uint16), Rows(0, 2), Key(0)).to_numpy()
    assert np.allclose(ends, np.sort(amounts[there])[[FEW - 1, -FEW]])


def test_times_of_day_are_counted_where_they_are():
    there, _ = some(900)
    hours = np.round(RNG.normal(12, 2, N) * 3600).astype(np.int64) % 86_400
    seconds = 1_600_000_000 // 86_400 * 86_400 + RNG.integers(0, 1500, N) * 86_400 + hours
    at = pa.array(seconds, mask=~there).cast(pa.timestamp("s"))
    model = model_of({"at": at, "x": pa.array(RNG.random(N))})
    assert isinstance(model.ties.each[0], Moment)
    codec = dict(zip(model.ties.learns, model.codecs[2:], strict=True))["at#time"]
    ends = codec.decode(np.array([0, codec.size - 1], dtype=np.uint16), Rows(0, 2), Key(0)).cast(pa.int32())
    assert ends.to_pylist() == np.sort(hours[there])[[FEW - 1, -FEW]].tolist()
