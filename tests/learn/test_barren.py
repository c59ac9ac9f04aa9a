"""Kinds of rows that never have children."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.schema import Column
from rowsmith.learn._barren import Barren, barren_in, places

KIND = Column(kind="category", type="string")
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=60)


@given(ROWS, st.integers(0, 2**32 - 1))
def test_barren_rows_have_no_children_and_no_other_row_loses_any(rows, seed):
    barren, children = (np.array([row[i] for row in rows], dtype=t) for i, t in ((0, bool), (1, np.int64)))
    found = places(barren, children, np.random.default_rng(seed))
    after = np.where(found < 0, 0, children[found]) if len(rows) else children
    assert (after[barren] == 0).all()
    assert (after[~barren] >= children[~barren]).all()
    room, wanted = (~barren & (children == 0)).sum(), children[barren & (children > 0)]
    if len(wanted) <= room:
        assert sorted(after) == sorted(children)


def levels(units=None, sure=100):
    """Levels of three, of which one has children, one never any, and one is seldom."""
    values = pa.array(["some"] * 200 + ["never"] * sure + ["seldom"] * 8 + [None] * 50)
    children = np.r_[np.arange(200) % 3, np.zeros(len(values) - 200, dtype=np.int64)]
    return list(barren_in({"kind": (KIND, values)}, children, units))


def test_levels_of_enough_rows_that_never_have_children_are_found():
    (found,) = levels()
    assert found == Barren("kind", ("never",)) == Barren.from_state(found.state())
    assert found.of({"kind": pa.array(["never", "some", None]).dictionary_encode()}).tolist() == [True, False, False]


def test_a_level_of_few_rows_or_of_one_entity_is_nobodys_business():
    assert levels(sure=20) == []
    alone = np.r_[np.arange(200), np.full(100, 1000), np.arange(2000, 2058)]
    assert levels(alone) == []
