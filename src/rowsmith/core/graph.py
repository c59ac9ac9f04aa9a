"""What hangs on what."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def joined(some: Collection[Node], groups: Iterable[Iterable[Node]]) -> set[Node]:
    """Nodes, and all that stand in a group with one of them, or with one of these.

    >>> sorted(joined({"a"}, [{"a", "b"}, {"b", "c"}, {"d", "e"}]))
    ['a', 'b', 'c']
    """
    out, left = set(some), [set(group) for group in groups]
    while near := [group for group in left if group & out and not group <= out]:
        out.update(*near)
    return out


def leads_to(name: Node, target: Node, graph: Mapping[Node, Iterable[Node]]) -> bool:
    """Whether a column needs another one, or what that needs; or is that one.

    >>> leads_to("a", "c", {"a": {"b"}, "b": {"c"}}), leads_to("c", "a", {"a": {"b"}, "b": {"c"}})
    (True, False)
    """
    seen, open_ = set[Node](), [name]
    while open_:
        one = open_.pop()
        if one == target:
            return True
        if one not in seen:
            seen.add(one)
            open_ += graph.get(one, ())
    return False
