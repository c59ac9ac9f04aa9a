"""What points where, and how many rows can stand at each end."""

import pytest

from rowsmith.engine.planning import schemas_of
from rowsmith.spec.model import Spec
from rowsmith.spec.relations import Relation, relations


def found(**tables):
    spec = Spec(tables=tables)
    return relations(spec, schemas_of(spec))


A = {"rows": 4, "columns": {"id": "id", "size": {"kind": "poisson", "mean": 3}}}


def counted(count):
    return found(a=A, b={"per": {"table": "a", "count": count}, "columns": {"id": "id", "a": "parent"}})[0]


def test_children_belong_to_their_parents_by_its_key():
    link = counted({"kind": "poisson", "mean": 2})
    assert link == Relation(child="b", parent="a", columns=("a",), targets=("id",), made_per=True)


def test_a_child_that_does_not_write_the_key_belongs_to_its_parent_all_the_same():
    (link,) = found(a=A, b={"per": {"table": "a"}, "columns": {"id": "id"}})
    assert link == Relation(child="b", parent="a", columns=(), targets=(), made_per=True, some=True, single=True)


@pytest.mark.parametrize(
    ("count", "some", "single"),
    [
        (1, True, True),
        (0, False, True),
        (3, True, False),
        ({"kind": "poisson", "mean": 2}, False, False),
        ({"kind": "poisson", "mean": 2, "min": 1}, True, False),
        ({"kind": "poisson", "mean": {"sql": "size"}, "min": 1}, True, False),
        ({"kind": "poisson", "mean": {"sql": "size"}, "max": 1}, False, True),
        ({"kind": "poisson", "mean": {"sql": "size"}, "min": {"sql": "1"}}, False, False),
        ({"kind": "binomial", "n": 1, "p": {"sql": "size / 9"}}, False, True),
        ({"kind": "binomial", "n": 1, "p": 1}, True, True),
        ({"kind": "integer", "low": 1, "high": 4}, True, False),
        ({"kind": "integer", "low": 1, "high": 4, "null": 0.1}, False, False),
        ({"kind": "integer", "low": 1, "high": 4, "by": {"size": {2: {"low": 0}}}}, False, False),
        ({"kind": "uniform", "low": 0.2, "high": 1.2}, False, True),  # 0.2 is rounded to 0
        ({"kind": "geometric", "p": 0.3}, True, False),
        ({"sql": "size"}, False, False),
        ({"kind": "category", "values": [1, 2]}, False, False),
    ],
)
def test_how_many_children_there_are(count, some, single):
    link = counted(count)
    assert (link.some, link.single) == (some, single)


def test_references_trees_and_keys_handed_down():
    links = found(
        a={"rows": 4, "columns": {"id": "id", "up": "tree", "code": {"kind": "integer", "low": 1, "high": 9}}},
        b={"per": {"table": "a"}, "primary_key": ["a", "n"], "columns": {"a": "parent", "n": "position"}},
        c={
            "per": {"table": "b", "count": 2},
            "columns": {
                "id": "id",
                "a": {"kind": "parent", "column": "a"},
                "n": {"kind": "parent", "column": "n"},
                "friend": {"kind": "reference", "table": "a", "null": 0.1},
                "same": {"kind": "reference", "table": "a", "column": "code"},
                "unseen": {"kind": "reference", "table": "a", "hidden": True},
            },
        },
    )
    assert links == [
        Relation(child="a", parent="a", columns=("up",), targets=("id",), optional=True),
        Relation(child="b", parent="a", columns=("a",), targets=("id",), made_per=True, some=True, single=True),
        Relation(child="c", parent="b", columns=("a", "n"), targets=("a", "n"), made_per=True, some=True),
        Relation(child="c", parent="a", columns=("friend",), targets=("id",), optional=True),
        Relation(child="c", parent="a", columns=("same",), targets=("code",)),
    ]


def test_a_reference_to_the_parents_table_is_not_taken_for_the_parents_key():
    links = found(
        a=A,
        b={
            "per": {"table": "a"},
            "columns": {"id": "id", "friend": {"kind": "reference", "table": "a"}, "a": "parent"},
        },
    )
    assert [(link.columns, link.made_per) for link in links] == [(("a",), True), (("friend",), False)]
