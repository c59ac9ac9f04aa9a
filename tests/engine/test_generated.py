"""Specs that Hypothesis makes up: every declared key, relation, bound, rule and total holds, on any number of chunks."""

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rowsmith.engine.make import make
from rowsmith.spec.definitions import definitions
from rowsmith.spec.model import Spec

numbers = st.floats(-50, 50).map(lambda x: round(x, 2))
LEVELS = ["a", "b", "c", "d"]


@st.composite
def bounded(draw):
    """A column of numbers within bounds, with the rule that says so."""
    low = draw(numbers)
    high = low + draw(st.floats(1, 80).map(lambda x: round(x, 2)))
    own = draw(st.sampled_from([{"kind": "uniform"}, {"kind": "normal", "mean": (low + high) / 2, "sd": high - low}]))
    return {**own, "min": low, "max": high}


@st.composite
def columns(draw, prefix):
    """Ordinary columns, some of which read others."""
    out, known = {}, []
    for i in range(draw(st.integers(1, 4))):
        name = f"{prefix}{i}"
        shape = draw(st.sampled_from(["number", "whole", "level", "flag", "by", "computed", "text"]))
        if shape == "number":
            out[name] = {**draw(bounded()), "null": draw(st.sampled_from([0.0, 0.1]))}
        elif shape == "whole":
            out[name] = {"kind": "poisson", "mean": draw(st.floats(0.5, 9)), "max": 20}
            known.append(name)
        elif shape == "level":
            out[name] = {
                "kind": "category",
                "values": dict(zip(LEVELS, draw(st.lists(st.integers(1, 9), min_size=4, max_size=4)), strict=True)),
            }
        elif shape == "flag":
            out[name] = {"kind": "boolean", "p": draw(st.floats(0.1, 0.9))}
        elif shape == "text":
            out[name] = {"kind": "regex", "pattern": draw(st.sampled_from(["[A-Z]{2}[0-9]{3}", "x+", "(a|b)c?"]))}
        elif shape == "by":
            out[f"{name}l"] = {"kind": "category", "values": LEVELS}
            out[name] = {
                "kind": "normal",
                "sd": 1,
                "by": {f"{name}l": {level: {"mean": 10 * i} for i, level in enumerate(LEVELS)}},
            }
        elif known:
            out[name] = {"sql": f"{draw(st.sampled_from(known))} * 2 + 1"}
            known.append(name)
    return out


@st.composite
def specs(draw):
    """A parent with children and grandchildren, and a table that some of them point to."""
    above = {"id": draw(st.sampled_from(["id", {"kind": "id", "shuffled": 1000}, "uuid"])), **draw(columns("p"))}
    child = {
        "cid": "id",
        "pid": "parent",
        "amount": {"kind": "uniform", "min": 0, "max": 100, "round": 2},
        **draw(columns("c")),
    }
    child["other"] = {"kind": "reference", "table": "others", "null": draw(st.sampled_from([0.0, 0.2]))}
    above["total"] = {"sql": "coalesce(sum(children.amount), 0)"}
    above["many"] = {"sql": "count(children.cid)"}
    rules = draw(st.sampled_from([{}, {"cheap": "amount < 70"}, {"odd": "cid % 2 = 1 or amount > 5"}]))
    tables = {
        "parents": {"rows": draw(st.integers(0, 40)), "columns": above},
        "children": {
            "per": {"table": "parents", "count": {"kind": "poisson", "mean": draw(st.floats(0.2, 3))}},
            "columns": child,
            "rules": rules,
        },
        "grand": {
            "per": {"table": "children", "count": draw(st.integers(0, 2))},
            "columns": {"cid": "parent", "n": "position", "up": {"sql": "children.amount + 1"}},
            "primary_key": ["cid", "n"],
        },
        "others": {"rows": draw(st.integers(1, 9)), "columns": {"oid": "id", **draw(columns("o"))}},
    }
    return {"seed": draw(st.integers(0, 10**6)), "tables": tables}


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs(), st.integers(1, 9))
def test_all_that_is_declared_holds(document, chunk):
    spec = Spec(**document, chunk_rows=chunk)
    made = make(spec)
    database = duckdb.connect()
    for name, table in made.items():
        database.register(name, table)

    def none(query):
        assert database.execute(query).fetchall() == [], query

    for name, definition in definitions(spec, {name: table.schema for name, table in made.items()}).items():
        key = ", ".join(definition.primary_key)
        if key:
            none(f"select {key} from {name} group by {key} having count(*) > 1")
        for pointer in definition.foreign_keys:
            a, b = pointer.columns[0], pointer.targets[0]
            none(f"select {a} from {name} where {a} is not null and {a} not in (select {b} from {pointer.table})")
        for rule in spec.tables[name].rules.values():
            none(f"select * from {name} where not ({rule})")
        for column in spec.tables[name].columns.values():
            low, high = getattr(column.sampler, "min", None), getattr(column.sampler, "max", None)
            if isinstance(low, float) and isinstance(high, float):
                none(f"select * from {name} where {column.name} < {low} or {column.name} > {high}")
    none(
        "select id from parents where abs(total - (select coalesce(sum(amount), 0) from children where pid = id)) > 1e-9 "
        "or many <> (select count(*) from children where pid = id)"
    )
    none("select * from grand join children using (cid) where abs(up - amount - 1) > 1e-12")


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_a_column_that_is_added_leaves_the_others(document):
    tables = document["tables"]
    more = {**tables, "others": {**tables["others"], "columns": {"first": "normal", **tables["others"]["columns"]}}}
    before, after = make(Spec(**document)), make(Spec(**{**document, "tables": more}))
    for name, table in before.items():
        assert after[name].select(table.column_names).equals(table)
