"""What rules of the usual forms say of one column."""

import pytest

from rowsmith.spec.limits import limits

A = frozenset({"a", "t.a"})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("a <= 3", [(True, False, "3")]),
        ("a < 3", [(True, True, "3")]),
        ("3 < a", [(False, True, "3")]),
        ("t.a >= b + 1", [(False, False, "(b + 1)")]),
        ("a = b", [(True, False, "b"), (False, False, "b")]),
        ("a between b and 20 * p.age and c > 1", [(False, False, "b"), (True, False, "(20 * p.age)")]),
        ("a > 1 and (a < 5 and b)", [(False, True, "1"), (True, True, "5")]),
        ('a <= "odd name"', [(True, False, '"odd name"')]),
        ("a < 3 or b", []),
        ("not a < 3", []),
        ("a <> 3", []),
        ("a + 1 < 3", []),
        ("a < 2 * a", []),
        ("a between 0 and 2 * a", [(False, False, "0")]),
        ("b < 3", []),
        ("b", []),
    ],
)
def test_limits(rule, expected):
    assert [(each.upper, each.strict, each.expression) for each in limits(rule, A)] == expected


def test_what_a_limit_reads_is_told():
    (limit,) = limits("a <= 2 * b + customers.age", A)
    assert limit.reads == {"b", "customers.age"}
