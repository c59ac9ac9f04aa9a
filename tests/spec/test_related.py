"""Columns that hang together are known, so that mining made tables finds nothing new."""

from pathlib import Path

import pytest

import rowsmith
from rowsmith.engine.bundle import answer_key
from rowsmith.engine.make import make, read_spec
from rowsmith.engine.planning import plan_spec
from rowsmith.spec.model import Spec
from rowsmith.spec.related import related
from rowsmith.truth._mining import unplanned

EXAMPLES = sorted((Path(rowsmith.__file__).parent / "spec" / "examples").glob("*.yaml"))


def groups(columns, **more):
    spec = Spec(tables={"t": {"rows": 5, "columns": columns, **more}})
    return [set(group) for group in related(spec, spec.tables["t"])]


def test_what_is_made_from_the_same_hangs_together():
    columns = {
        "a": "normal",
        "b": {"sql": "a + 1"},
        "c": {"sql": "a * 2"},
        "d": {"sql": "c + e"},
        "e": "normal",
        "f": "normal",
    }
    found = groups(columns)
    assert {"a", "b", "c", "d"} in found
    assert {"d", "e"} in found
    assert not any("f" in group for group in found)


def test_copulas_rules_and_hidden_columns():
    assert groups({"a": {"kind": "normal", "correlate": {"b": 0.5}}, "b": "normal", "c": "normal"}) == [{"a", "b"}]
    assert groups({"a": "normal", "b": "normal", "c": "normal"}, rules={"order": "a < b"}) == [{"a", "b"}]
    hidden = {"h": {"kind": "normal", "hidden": True}, "a": {"sql": "h + 1"}, "b": {"sql": "h * 3"}}
    assert groups(hidden) == [{"a", "b"}]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_mining_the_bundled_specs_finds_nothing_that_is_not_known(path):
    spec = read_spec(path)
    planted = answer_key(plan_spec(spec), {}).planted
    own = {
        name: table for name, table in make(spec).items() if spec.tables[name].emitted is None
    }  # agents leave relations
    for name, table in own.items():
        known = [*related(spec, spec.tables[name]), *(each.columns for each in planted if each.table == name)]
        assert unplanned(name, table, known) == []
