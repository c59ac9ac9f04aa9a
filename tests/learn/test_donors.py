import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.protocols import Codes
from rowsmith.core.rng import Key
from rowsmith.learn._donors import filled


def codes(values, *, ordered=False):
    values = np.asarray(values, dtype=np.uint16)
    return Codes(values, int(values.max()) + 1, ordered)


@given(st.integers(0, 2**32), st.integers(30, 300), st.integers(1, 4))
def test_only_hidden_rows_change_and_only_to_codes_that_are_there(seed, n, others):
    rng = np.random.default_rng(seed)
    columns = [codes(rng.integers(0, 9, n), ordered=bool(rng.integers(2))) for _ in range(others + 1)]
    hidden = [rng.random(n) < 0.3 for _ in columns]
    hidden[0][:2] = False
    out = filled(columns, hidden, 0, Key(1))
    assert (out[~hidden[0]] == columns[0].values[~hidden[0]]).all()
    assert set(out.tolist()) <= set(columns[0].values[~hidden[0]].tolist())
    assert (out == filled(columns, hidden, 0, Key(1))).all()


def test_a_row_gets_what_goes_with_its_other_columns():
    rng = np.random.default_rng(0)
    land = rng.integers(0, 6, 3000)
    city = land * 8 + rng.integers(0, 8, 3000)
    income = land * 40 + rng.integers(0, 40, 3000)
    hidden = rng.random(3000) < 0.1
    columns = [codes(city), codes(land), codes(income, ordered=True), codes(rng.integers(0, 99, 3000), ordered=True)]
    nothing = np.zeros(3000, dtype=bool)
    out = filled(columns, [hidden, nothing, nothing, nothing], 0, Key(1))
    assert (out[hidden] // 8 == land[hidden]).all()
    alone = filled([columns[0], columns[3]], [hidden, nothing], 0, Key(1))
    assert np.mean(alone[hidden] // 8 == land[hidden]) < 0.35  # by chance 1 in 6: the land was not there to tell


def test_what_is_hidden_elsewhere_tells_nothing():
    rng = np.random.default_rng(0)
    land = rng.integers(0, 2, 2000)
    hidden = [np.arange(2000) < 40, np.arange(2000) < 20]
    shown = codes(land)
    shown.values[:20] = 1 - shown.values[:20]  # where nothing is known any code stands
    out = filled([codes(land), shown], hidden, 0, Key(1))
    assert (out[20:40] == land[20:40]).all()
    assert 3 <= (out[:20] == land[:20]).sum() <= 17
