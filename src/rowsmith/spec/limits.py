"""Limits that rules set to a column in each row: `amount <= 20 * customers.age` and the like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rowsmith.core import sql

TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
COMPARISONS = {
    "COMPARE_LESSTHAN": "<",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_EQUAL": "=",
}


@dataclass(frozen=True)
class Limit:
    """What a column may not go beyond.

    Attributes:
        upper: whether it is the most that it may be; else the least.
        strict: whether the limit itself is too far.
        expression: SQL of the limit.
        reads: names that it reads.
    """

    upper: bool
    strict: bool
    expression: str
    reads: frozenset[str]


@cache
def limits(rule: str, names: frozenset[str]) -> tuple[Limit, ...]:
    """Limits that a rule sets to a column. What else it asks for is not in them.

    Args:
        rule: boolean SQL.
        names: of the column, with its table before it and without.

    >>> [(each.upper, each.expression) for each in limits("a between 1 and 2 * b and c > 0", frozenset({"a"}))]
    [(False, '1'), (True, '(2 * b)')]
    """
    return tuple(_limits(sql.tree(rule, "rule"), names))


def _limits(node: Mapping[str, Any], names: frozenset[str]) -> Iterator[Limit]:
    if node["type"] == "CONJUNCTION_AND":
        for child in node["children"]:
            yield from _limits(child, names)
    elif node["type"] == "COMPARE_BETWEEN" and _is(node["input"], names):
        yield from _limit(">=", node["lower"], names)
        yield from _limit("<=", node["upper"], names)
    elif node["type"] in COMPARISONS:
        sign = COMPARISONS[node["type"]]
        if _is(node["left"], names):
            yield from _limit(sign, node["right"], names)
        elif _is(node["right"], names):
            yield from _limit(TURNED[sign], node["left"], names)


def _limit(sign: str, node: Mapping[str, Any], names: frozenset[str]) -> Iterator[Limit]:
    expression = sql.written(node)
    reads = frozenset(sql.references(expression, "rule"))
    if reads.isdisjoint(names):
        for upper, signs in ((True, ("<", "<=", "=")), (False, (">", ">=", "="))):
            if sign in signs:
                yield Limit(upper, sign in "<>", expression, reads)


def _is(node: Mapping[str, Any], names: frozenset[str]) -> bool:
    return node["type"] == "COLUMN_REF" and ".".join(node["column_names"]) in names
