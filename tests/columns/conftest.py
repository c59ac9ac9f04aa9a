"""Helpers of the tests of columns."""

import numpy as np
import pyarrow as pa
import pytest

from rowsmith.columns._infer import infer_column
from rowsmith.core.codecs import fit_codec, load_codec
from rowsmith.core.protocols import Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column
from rowsmith.core.state import read_state, write_state

KEY = Key(3)


def fit(kind, values, *, form=None, **settings):
    column = Column(kind=kind, type=str(values.type), form=form, settings=settings)
    return fit_codec("c", column, values, KEY)


def again(codec, values, key=KEY, first=0):
    return codec.decode(codec.encode(values), Rows(first, len(values)), key)


@pytest.fixture
def guess():
    def kind_of(values, name="c", **settings):
        values = values if isinstance(values, pa.Array) else pa.array(values)
        return infer_column(name, pa.field(name, values.type), values, **settings)

    return kind_of


@pytest.fixture
def saved(tmp_path):
    def through_file(kind, codec):
        write_state(tmp_path / "c", codec.state(), kind="column", version=1)
        return load_codec(kind, read_state(tmp_path / "c", kind="column", version=1))

    return through_file


def check(codec, values, *, key=KEY):
    """What holds of every codec: type, nulls, codes that come back, codes in range, the same bytes for the same key."""
    codes = codec.encode(values)
    assert codes.dtype == np.uint16
    assert codes.shape == (len(values),)
    assert len(codes) == 0 or codes.max() < codec.size
    made = codec.decode(codes, Rows(0, len(values)), key)
    made.validate(full=True)
    assert made.type == values.type
    assert made.is_null().equals(values.is_null())
    assert np.array_equal(codec.encode(made), codes)
    assert repr(codec.decode(codes, Rows(0, len(values)), key).to_pylist()) == repr(made.to_pylist())
    return made
