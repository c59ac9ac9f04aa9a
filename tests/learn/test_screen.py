import numpy as np
import pyarrow as pa

import rowsmith as rs
from rowsmith.core.protocols import Codes
from rowsmith.learn._screen import KEPT, MOST, predictors


def column(values, size, *, ordered=False):
    return Codes(np.asarray(values, dtype=np.uint16), size, ordered)


def test_up_to_a_number_of_columns_all_are_looked_at():
    rng = np.random.default_rng(0)
    assert predictors([column(rng.integers(0, 9, 50), 9) for _ in range(MOST + 1)]) == [None] * (MOST + 1)


def test_of_more_those_that_tell_something_are_among_the_chosen():
    rng = np.random.default_rng(0)
    columns = [column(rng.integers(0, 40, 3000), 40, ordered=bool(i % 2)) for i in range(300)]
    follows = {120: 3, 200: 119, 299: 130}
    for target, source in follows.items():
        noisy = np.where(rng.random(3000) < 0.5, columns[source].values, rng.integers(0, 40, 3000))
        columns[target] = column(noisy, 40, ordered=columns[source].ordered)
    chosen = predictors(columns)
    assert all(c is None for c in chosen[: MOST + 1])
    for place, some in enumerate(chosen[MOST + 1 :], start=MOST + 1):
        assert len(some) == KEPT
        assert (np.diff(some) > 0).all()
        assert some[-1] < place
    assert all(source in chosen[target] for target, source in follows.items())


def test_a_wide_table_keeps_what_goes_together_as_if_all_were_looked_at(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(12, 600))
    rows = {f"x{i}": np.round(hidden[i % 12] + rng.normal(0, 0.4, 600), 2) for i in range(96)}
    table = pa.table(rows)
    model = rs.fit(table, seed=1)
    twin = model.sample(2000, seed=1)
    real, made = (np.corrcoef([t[name].to_numpy() for name in table.column_names]) for t in (table, twin))
    monkeypatch.setattr("rowsmith.learn._screen.MOST", 1000)
    every = rs.fit(table, seed=1).sample(2000, seed=1)
    full = np.corrcoef([every[name].to_numpy() for name in table.column_names])
    together = np.abs(real) > 0.7
    assert made[together].mean() > full[together].mean() - 0.03
    assert np.abs(real - made).mean() < np.abs(real - full).mean() + 0.005
    model.save(tmp_path / "m.rowsmith")
    assert rs.load(tmp_path / "m.rowsmith").sample(100, seed=3).equals(model.sample(100, seed=3))
    assert model.sample(20, where="x90 > 0.5", seed=1).num_rows == 20
