import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import SpecError
from rowsmith.core.rng import MAX_SEED, Key, stable_hash

names = st.lists(st.text() | st.integers(), min_size=1, max_size=4)


@given(names, names)
def test_other_names_give_another_hash(a, b):
    same = [(type(x), x) for x in a] == [(type(x), x) for x in b]
    assert (stable_hash(*a) == stable_hash(*b)) == same


def test_a_stream_is_the_same_in_a_process_with_another_hash_seed():
    code = "from rowsmith.core.rng import Key; print(Key(7).child('orders', 3).integer())"
    runs = [
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": s}, capture_output=True, check=True).stdout
        for s in ("1", "2")
    ]
    assert int(runs[0]) == int(runs[1]) == Key(7).child("orders", 3).integer()


def test_streams_of_other_keys_are_unlike():
    draws = np.array([Key(seed).child(name).generator().random(200) for seed in (0, 1) for name in "abc"])
    off_diagonal = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(off_diagonal).max() < 0.3


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True, MAX_SEED + 1, None])
def test_what_is_no_seed_is_refused_by_value(seed):
    with pytest.raises(SpecError, match="is not a seed"):
        Key(seed)
