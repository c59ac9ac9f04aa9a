import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowsmith.core.errors import SpecError
from rowsmith.core.schema import Column, Schema, Table

words = st.text(min_size=1, max_size=8)
plain = st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
columns = st.builds(
    Column,
    kind=st.sampled_from(["integer", "category"]),
    type=st.sampled_from(["int64", "string", "timestamp[us, tz=UTC]", "decimal128(10, 2)"]),
    form=st.none() | st.just({"as": "date", "pattern": "%d.%m.%Y"}),
    settings=st.dictionaries(st.sampled_from(["min", "levels", "bins"]), plain, max_size=2),
    why=st.text(max_size=5),
)
tables = st.builds(Table, columns=st.dictionaries(words, columns, min_size=1, max_size=4))


@given(st.dictionaries(words, tables, min_size=1, max_size=3))
def test_yaml_and_back_is_the_identity(found):
    schema = Schema(tables=found)
    assert Schema.from_yaml(schema.to_yaml()) == schema


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is not YAML at line"),
        ("tables: {}", "schema.rowsmith=None: expected 1"),
        ("rowsmith: 2\ntables: {}", "schema.rowsmith=2"),
        ("rowsmith: 1\ntabels: {}", "schema.tabels: no such entry; did you mean 'tables'"),
        ("rowsmith: 1\ntables: 3", "schema.tables=3: expected a mapping"),
        ("rowsmith: 1\ntables: {t: {columns: {a: {type: int64}}}}", "schema.tables.t.columns.a.kind=None: expected"),
        (
            "rowsmith: 1\ntables: {t: {columns: {a: {kind: x, type: int65}}}}",
            "columns.a.type='int65': expected an",
        ),
        (
            "rowsmith: 1\ntables: {t: {primary_key: [b], columns: {a: x}}}",
            "t.primary_key: there is no column 'b'",
        ),
    ],
)
def test_a_fault_is_named_with_its_path(text, message):
    with pytest.raises(SpecError) as caught:
        Schema.from_yaml(text)
    assert message in str(caught.value)


def test_a_schema_file_that_is_not_there(tmp_path):
    with pytest.raises(SpecError, match="the schema cannot be read"):
        Schema.read(tmp_path / "none.yaml")
