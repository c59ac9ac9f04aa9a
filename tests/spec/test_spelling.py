"""Levels that are misspelt, and levels that are only not used."""

from __future__ import annotations

import pytest

import rowsmith as rs
from rowsmith.core.errors import SpecError

SEGMENT = {"kind": "category", "values": ["retail", "wholesale"]}


def spec_of(**columns):
    return rs.Spec(tables={"t": {"rows": 20, "columns": {"segment": SEGMENT, **columns}}})


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ({"kind": "lookup", "from": "segment", "values": {"retial": 1, "wholesale": 2}}, "values.retial"),
        ({"kind": "normal", "by": {"segment": {"Retial": {"mean": 3}}}}, "by.segment.Retial"),
        (
            {"kind": "category", "given": {"segment": {"retial": {"a": 1}, "wholesale": {"b": 1}}}},
            "given.segment.retial",
        ),
        (
            {
                "kind": "category",
                "given": {"segment": [{"for": ["retial", "x"], "weights": {"a": 1}}]},
                "values": {"b": 1},
            },
            "given.segment.retial",
        ),
    ],
)
def test_a_misspelt_level_is_named_with_what_was_meant(column, place):
    with pytest.raises(
        SpecError, match=f"tables.t.columns.c.{place}: segment has no such value; did you mean 'retail'?"
    ):
        spec_of(c=column)


def test_levels_of_parents_and_of_rows_referred_to_are_looked_at():
    children = {
        "per": {"table": "t", "count": 2},
        "columns": {"fee": {"kind": "lookup", "from": "t.segment", "values": {"retail": 1, "wholesales": 2}}},
    }
    referring = {
        "rows": 5,
        "columns": {
            "whose": {"kind": "reference", "table": "t"},
            "fee": {"kind": "lookup", "from": "whose.segment", "values": {"retail": 1, "wholesales": 2}},
        },
    }
    keyed = {"rows": 20, "columns": {"id": "id", "segment": SEGMENT}}
    for other in (children, referring):
        with pytest.raises(SpecError, match=r"values.wholesales: .*did you mean 'wholesale'?"):
            rs.Spec(tables={"t": keyed, "u": other})


@pytest.mark.parametrize(
    "values",
    [
        {"retail": 1, "retails": 3, "wholesale": 2},  # a value like another that is named too
        {"export": 1, "wholesale": 2},  # unlike all
        {"wholesale": 2},
    ],
)
def test_levels_that_never_come_do_no_harm(values):
    made = rs.make(spec_of(c={"kind": "lookup", "from": "segment", "values": values, "default": 0}))
    assert len(made["t"]) == 20
