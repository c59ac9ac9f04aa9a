"""An exact target: what a column of numbers, the values of a category or the rows of a table come to in the end."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Measure = Literal["sum", "mean", "count", "share"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """What must come out exactly.

    Attributes:
        name: as it is written, `orders.amount by channel`.
        table: whose column is brought to the target; for rows of a child table, their parent.
        column: its name; for rows of a child table, that of the column of their numbers, `#orders`.
        rows_of: the child table whose rows the target is about, if it is.
        by: SQL whose values are the groups that have a target each; None for one of all rows.
        dealt: whether values of a category are dealt out to rows; else numbers are moved.
        measure: what is given.
        levels: the groups, or for values that are dealt out the values, as text.
        amounts: for each level; one, where there are none.
        total: for shares of numbers, what they come to together; None for whatever that is.
    """

    name: str
    table: str
    column: str
    rows_of: str | None = None
    by: str | None = None
    dealt: bool = False
    measure: Measure
    levels: tuple[str, ...] = ()
    amounts: tuple[Fraction, ...]
    total: Fraction | None = None

    @property
    def path(self) -> str:
        """Into the spec, for messages."""
        return f"targets.{self.name}"

    def place(self, number: int) -> str:
        """The path of an amount, for messages."""
        level = f".{self.levels[number]}" if self.levels else ""
        return f"{self.path}.{self.measure}{level}={shown(self.amounts[number])}"

    def __str__(self) -> str:
        listed = f" of {len(self.levels)} {'values' if self.dealt else 'groups'}" if self.levels else ""
        return f"{self.name}: {self.measure}{listed}, {'no pass' if self.dealt else 'one more pass'}"


def shown(number: Fraction | int, digits: int | None = None) -> str:
    """A number for a message; all its digits, unless so many after the point.

    >>> shown(Fraction(2401, 2)), shown(Fraction(1, 3)), shown(7, 2)
    ('1,200.5', '0.333333333333', '7.00')
    """
    if digits is not None:
        return f"{float(number):,.{digits}f}"
    if Fraction(number).denominator == 1:
        return f"{int(number):,}"
    return f"{float(number):,.12f}".rstrip("0")
