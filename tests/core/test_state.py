import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rowsmith.core.errors import ModelFileError
from rowsmith.core.state import read_state, write_state

numbers = arrays.arrays(
    st.sampled_from(["u1", "u2", "i8", "f4", "f8", "?"]), arrays.array_shapes(max_dims=3, max_side=5, min_side=0)
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
states = st.dictionaries(
    st.text(),
    st.recursive(
        scalars | numbers, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3)
    ),
    max_size=4,
)


def equal(a, b):
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return type(a) is type(b) and a == b


@given(states)
def test_what_is_written_is_read_and_equal_states_are_equal_bytes(tmp_path_factory, state):
    folder = tmp_path_factory.mktemp("state")
    write_state(folder / "a", state, kind="test", version=3)
    write_state(folder / "b", state, kind="test", version=3)
    assert equal(read_state(folder / "a", kind="test", version=3), state)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "m.rowsmith"
    write_state(path, {"x": np.arange(1000), "t": "word"}, kind="test", version=1)
    return path


@given(cut=st.floats(0, 0.999))
def test_a_truncated_file_is_refused(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "m"
    write_state(path, {"x": np.arange(1000)}, kind="test", version=1)
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
    with pytest.raises(ModelFileError, match="damaged"):
        read_state(path, kind="test", version=1)


def test_flipped_bytes_are_refused_or_harmless(saved):
    whole = saved.read_bytes()
    rng = np.random.default_rng(5)
    for _ in range(200):
        broken = bytearray(whole)
        broken[rng.integers(len(whole))] ^= 1 << rng.integers(8)
        saved.write_bytes(broken)
        try:
            state = read_state(saved, kind="test", version=1)
        except ModelFileError:
            continue
        assert isinstance(state, dict)


def test_another_version_and_another_kind_are_named(saved):
    with pytest.raises(ModelFileError, match="has format version 1, this rowsmith reads version 2"):
        read_state(saved, kind="test", version=2)
    with pytest.raises(ModelFileError, match="holds a 'test'; expected a 'other'"):
        read_state(saved, kind="other", version=1)


def test_a_missing_file_a_folder_and_a_foreign_file_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="no such file"):
        read_state(tmp_path / "none", kind="test", version=1)
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_state(tmp_path, kind="test", version=1)
    (tmp_path / "text").write_text("a,b\n1,2\n")
    with pytest.raises(ModelFileError, match="not a whole rowsmith model"):
        read_state(tmp_path / "text", kind="test", version=1)


def test_a_pickle_inside_is_not_run(tmp_path):
    path, ran = tmp_path / "evil", tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return (ran.touch, ())

    with zipfile.ZipFile(path, "w") as archive:
        head = {"format": "rowsmith-state", "kind": "test", "version": 1, "state": {"x": {"\0array": 0}}}
        archive.writestr("state.json", json.dumps(head))
        with archive.open("0.npy", "w") as member:
            np.lib.format.write_array(member, np.array([Evil()], dtype=object), allow_pickle=True)
    with pytest.raises(ModelFileError, match="damaged"):
        read_state(path, kind="test", version=1)
    assert not ran.exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(saved, monkeypatch):
    monkeypatch.setattr("rowsmith.core.state.MAX_EXPANDED", 1000)
    with pytest.raises(ModelFileError, match="would unpack to"):
        read_state(saved, kind="test", version=1)
