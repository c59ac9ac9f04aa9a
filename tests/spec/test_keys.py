"""Which keys and unique groups hold by the way rows are made."""

import pytest

from rowsmith.core.errors import SpecError
from rowsmith.engine.planning import schemas_of
from rowsmith.io._ddl import script
from rowsmith.spec.definitions import definitions
from rowsmith.spec.model import Spec

CHOSEN = {"kind": "category", "values": ["a", "b", "c"]}
PARENT = {"rows": 10, "columns": {"id": "id", "code": {"kind": "uuid", "null": 0.1}, "sort": CHOSEN}}


def table(columns, per=None, **more):
    own = {"per": {"table": "p"} | (per or {})} if per is not None else {"rows": 10}
    return Spec(tables={"p": PARENT, "t": own | {"columns": columns} | more})


@pytest.mark.parametrize(
    ("columns", "per", "key"),
    [
        ({"k": "uuid", "v": CHOSEN}, None, ["v", "k"]),
        ({"k": {"kind": "category", "values": list("abcdefghijkl"), "unique": True}}, None, ["k"]),
        ({"p": "parent", "n": "position"}, {"count": 3}, ["p", "n"]),
        ({"p": "parent"}, {}, ["p"]),
        ({"p": "parent", "r": {"kind": "reference", "table": "p", "distinct": True}}, {"count": 3}, ["r", "p"]),
    ],
)
def test_keys_that_need_no_look(columns, per, key):
    spec = table(columns, per, primary_key=key)
    assert not spec.checked
    assert not spec.tables["t"].combined


@pytest.mark.parametrize(
    ("columns", "per", "key"),
    [
        ({"k": {"kind": "normal", "as": "integer"}}, None, ["k"]),
        ({"k": {"kind": "id", "as": "float"}}, None, ["k"]),
        ({"a": CHOSEN, "b": {"sql": "a || 'x'"}}, None, ["a", "b"]),
        ({"a": CHOSEN, "b": {"kind": "normal"}}, None, ["a", "b"]),
        ({"a": CHOSEN | {"as": "text"}}, None, ["a"]),
        ({"a": {"kind": "category", "given": {"b": {"a": {"x": 1}}}}, "b": CHOSEN}, None, ["a", "b"]),
        ({"a": {"kind": "date", "between": ["2024-01-01", "2024-02-01"], "after": "b"},
          "b": {"kind": "date", "between": ["2024-01-01", "2024-02-01"]}}, None, ["a", "b"]),
        ({"p": "parent"}, {"count": 3}, ["p"]),
        ({"p": {"kind": "parent", "column": "sort"}, "n": "position"}, {"count": 3}, ["p", "n"]),
        ({"p": {"kind": "parent", "column": "code"}, "n": "position"}, {"count": 3}, ["p", "n"]),
        ({"p": "parent", "n": {"kind": "position", "round": 0, "as": "float"}}, {"count": 3}, ["p", "n"]),
        ({"n": "position"}, {"count": 3}, ["n"]),
        ({"r": {"kind": "reference", "table": "p", "column": "sort"}, "a": CHOSEN}, None, ["r", "a"]),
        ({"r": {"kind": "reference", "table": "p", "law": "each"}}, None, ["r"]),
    ],
)  # fmt: skip
def test_keys_that_are_looked_at(columns, per, key):
    spec = table(columns, per, primary_key=key)
    assert [(g.columns, g.primary) for g in spec.checked["t"]] == [(tuple(key), True)]
    assert str(spec.checked["t"][0]) == f"tables.t.primary_key ({', '.join(key)})"
    assert not spec.tables["t"].combined


@pytest.mark.parametrize(
    ("columns", "per", "key", "chosen", "within"),
    [
        (
            {"a": CHOSEN, "b": {"kind": "integer", "high": 9}, "c": {"kind": "boolean"}},
            None,
            ["a", "b", "c"],
            "abc",
            False,
        ),
        ({"a": CHOSEN, "r": {"kind": "reference", "table": "p", "law": "zipf"}}, None, ["r", "a"], "ra", False),
        ({"a": CHOSEN, "p": "parent"}, {"count": 2}, ["p", "a"], "a", True),
        ({"d": {"kind": "date", "between": ["2024-01-01", "2024-02-01"]}}, {"count": 2}, ["d"], "d", False),
    ],
)
def test_keys_that_are_chosen_together(columns, per, key, chosen, within):
    spec = table(columns, per, primary_key=key)
    assert not spec.checked
    found = spec.tables["t"].combined
    assert set(found) == set(chosen)
    assert {(c.columns, c.within) for c in found.values()} == {(tuple(chosen), within)}
    assert spec.tables["t"].fixed >= set(chosen)


def test_a_column_is_chosen_in_one_group_only_and_not_where_it_has_a_target():
    columns = {"id": "id", "a": CHOSEN, "b": {"kind": "integer", "high": 9}, "c": {"kind": "boolean"}}
    spec = table(columns, unique=[["a", "b"], ["b", "c"]])
    assert set(spec.tables["t"].combined) == {"a", "b"}
    assert [g.columns for g in spec.checked["t"]] == [("b", "c")]
    tables = {"t": {"rows": 9, "columns": columns, "unique": [["a", "b"]]}}
    aimed = Spec(tables=tables, targets={"t.a": {"count": {"a": 3, "b": 3, "c": 3}}})
    assert not aimed.tables["t"].combined
    assert [g.columns for g in aimed.checked["t"]] == [("a", "b")]


def test_a_key_that_goes_down_two_tables():
    line = {"per": {"table": "t", "count": 2}, "primary_key": ["p", "n", "m"]}
    line["columns"] = {"p": {"kind": "parent", "column": "p"}, "n": {"kind": "parent", "column": "n"}, "m": "position"}
    own = {"per": {"table": "p", "count": 3}, "primary_key": ["p", "n"], "columns": {"p": "parent", "n": "position"}}
    assert not Spec(tables={"p": PARENT, "t": own, "l": line}).checked


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"primary_key": ["a", "x"]}, r"tables\.t\.primary_key: there is no column 'x'"),
        ({"primary_key": ["a", "a"]}, r"tables\.t\.primary_key: column 'a' stands twice"),
        ({"primary_key": ["n"]}, r"tables\.t\.primary_key: column 'n' has null=0\.2, and a key has a value in every row"),
        ({"primary_key": ["s"]}, "column 's' has null={sql: …}"),
        ({"primary_key": ["h"]}, "there is no column 'h'"),
        ({"unique": [["a", "aa"]]}, r"tables\.t\.unique: there is no column 'aa'; did you mean 'a'"),
        ({"unique": {"a": 1}}, r"tables\.t\.unique: \{'a': 1\}: expected a list of columns, or a list of such lists"),
        ({"unique": [["a"], 3]}, "expected a list of columns"),
        ({"unique": [[]]}, "expected a list of columns"),
    ],
)  # fmt: skip
def test_what_can_be_no_key_is_refused(more, message):
    columns = {
        "a": CHOSEN,
        "n": CHOSEN | {"null": 0.2},
        "s": CHOSEN | {"null": {"sql": "a = 'a'"}},
        "h": CHOSEN | {"hidden": True},
    }
    with pytest.raises(SpecError, match=message):
        table(columns, **more)


def test_groups_are_written_as_one_list_or_several():
    columns = {"id": "id", "a": CHOSEN, "b": CHOSEN}
    for written, meant in (
        ("a", (("a",),)),
        (["a", "b"], (("a", "b"),)),
        ([["a", "b"]], (("a", "b"),)),
        ([["a", "b"], "a", ["a"]], (("a", "b"), ("a",))),
        ([], ()),
    ):
        assert table(columns, unique=written).tables["t"].unique == meant


def test_databases_are_told_of_unique_groups():
    r = {"kind": "reference", "table": "t", "column": "b"}
    tables = {
        "t": {"rows": 5, "columns": {"id": "id", "a": CHOSEN, "b": "uuid"}, "unique": [["a", "b"], ["b"]]},
        "u": {"rows": 5, "columns": {"r": r}},
    }
    spec = Spec(tables=tables)
    found = definitions(spec, schemas_of(spec))
    assert found["t"].unique == (("a", "b"), ("b",))
    text = script(found, "postgresql")
    assert 'UNIQUE ("a", "b")' in text
    assert text.count('UNIQUE ("b")') == 1
    assert 'FOREIGN KEY("r") REFERENCES "t" ("b")' in text


def test_a_column_with_nulls_is_no_key_by_itself():
    spec = Spec(tables={"t": {"rows": 5, "columns": {"a": {"kind": "uuid", "null": 0.5}, "b": "id"}}})
    assert spec.tables["t"].primary_key == ("b",)
