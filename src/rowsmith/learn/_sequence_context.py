"""What is constant in an entity as numbers, and what it lets expect of the entity's first values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.shield import FEW
from rowsmith.core.state import State
from rowsmith.learn._sequence_base import ridge
from rowsmith.learn._sequence_values import Values, lumpy

Floats = NDArray[np.float64]

MOST_LEVELS = 8
"""Levels of a constant that get a truth value each."""
NEAR = 0.5
"""How far first values are from those of another column, as a share of how far they are from one another, below which they are
learnt as what is left of them beyond these: few entities cannot tell that prices of a day are alike."""
TELLS = 0.1
"""Share of the variance of first values from which on constants tell something of them."""


def levels_of(constants: Sequence[Values]) -> list[int]:
    """How many levels each entry of the context has; 0 for a number, -1 for a truth value."""
    first = [0 if c.on_line or c.codec.ordered else c.codec.size for c in constants]
    return first + [-1 for c in constants for _ in _shown(c)]


def context_of(constants: Sequence[Values], numbers: Sequence[Floats], n: int) -> Floats:
    """Constants as numbers, and after them the truth values of those that are one of a few levels, shape (n, entries)."""
    shown = [numbers[k] == level for k, c in enumerate(constants) for level in _shown(c)]
    return np.ascontiguousarray(np.array([*numbers, *shown], dtype=np.float64).reshape(-1, n).T)


def _shown(constant: Values) -> range:
    """Levels that get a truth value; the first one is the others' absence."""
    few = not constant.on_line and not constant.codec.ordered and 2 <= constant.codec.size <= MOST_LEVELS
    return range(1, constant.codec.size if few else 1)


@dataclass(frozen=True)
class Expected:
    """What the context lets expect of first values.

    Attributes:
        weights: of its entries, of columns whose first values are learnt as what is left; 0 of others, shape (entries, columns).
        added: shape (columns,).
        means: of the entries, which stand for missing ones, shape (entries,).
        columns: which columns these are, shape (columns,).
        order: in which first values are drawn, shape (columns,).
        after: columns that come before one then, beside whose first values its own one stands, the nearest first, then -1, shape
            (columns, columns).
    """

    weights: Floats
    added: Floats
    means: Floats
    columns: NDArray[np.bool_]
    order: NDArray[np.int64]
    after: NDArray[np.int64]

    def of(self, context: Floats, usual: Floats) -> Floats:
        """What is expected.

        Args:
            context: shape (entities, entries).
            usual: what the calendar lets expect, shape (entities, columns).
        """
        known = np.where(np.isfinite(context), context, self.means)
        return np.asarray(known @ self.weights + self.added + usual)

    def beside(self, k: int, expected: Floats, firsts: Floats, columns: Sequence[Values | None]) -> Floats:
        """What the first values of columns before one let expect of its own, as its steps are counted, shape (entities,).

        Args:
            k: place of the column.
            expected: what is expected where there is none of them, shape (entities,).
            firsts: those that are there already, in units, shape (entities, columns).
            columns: how they are turned into numbers.
        """
        out = expected
        for place in self.after[k][self.after[k] >= 0][::-1]:  # the nearest last
            near = _as(columns[k], columns[place], firsts[:, place])
            out = np.where(np.isfinite(near), near, out)
        return out

    def state(self) -> State:
        """The arrays."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state: State, columns: Sequence[Values | None]) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: it is of other columns, or one stands beside what is not before it.
        """
        order, after, n = state["order"].astype(np.int64), state["after"].astype(np.int64), len(columns)
        if not np.array_equal(np.sort(order), np.arange(n)) or after.shape != (n, n):
            raise ValueError("first values of other columns")
        turn = np.append(np.argsort(order), -1)  # that of none comes last
        if not ((after >= -1) & (after < n)).all() or (turn[:-1] <= turn[after].T).any():
            raise ValueError("first values beside those that come later")
        pairs = [columns[k] for k in np.append(after[after >= 0], np.flatnonzero((after >= 0).any(axis=1)))]
        if any(column is None or not column.on_line for column in pairs):
            raise ValueError("first values beside others that are no numbers")
        return cls(**{**state, "columns": state["columns"].astype(bool), "order": order, "after": after})


def fit_expected(
    context: Floats,
    levels: Sequence[int],
    usual: Floats,
    firsts: Floats,
    columns: Sequence[Values | None],
    bounds: NDArray[np.int64],
) -> Expected:
    """What the context lets expect of first values.

    Args:
        context: of the entities, shape (entities, entries).
        levels: see `levels_of`.
        usual: what the calendar lets expect, shape (entities, columns).
        firsts: first values, in units, shape (entities, columns).
        columns: how they are turned into numbers.
        bounds: pairs of columns of which the first is never above the second, shape (pairs, 2).
    """
    entries, n = context.shape[1], len(columns)
    plain = np.array(levels, dtype=np.int64) <= 0
    with np.errstate(all="ignore"):
        counts = np.isfinite(context).sum(axis=0)
        means = np.where(counts, np.nansum(context, axis=0) / np.maximum(counts, 1), 0.0)
    x = np.where(np.isfinite(context), context, means) * plain
    order = np.argsort(np.isnan(firsts).sum(axis=0), kind="stable")  # beside what is often missing nothing stands
    after = _after(order, firsts, columns, bounds)
    out = Expected(np.zeros((entries, n)), np.zeros(n), means, np.asarray((after >= 0).any(axis=1)), order, after)
    for k, column in enumerate(columns):
        if column is None or not column.on_line:
            continue
        y = column.stepped(firsts[:, k])
        known = np.isfinite(y)
        if out.columns[k]:
            out.added[k] = (y - usual[:, k])[known].mean()
        if known.sum() < 20 or lumpy(y[known]):
            continue
        rest = y[known] - usual[known, k]
        weights, added = ridge(x[known], rest)
        left = rest - x[known] @ weights - added
        # of so many terms some fit by chance
        chance = (plain.sum() + 1) / known.sum()
        if 1 - left.var() / y[known].var() > TELLS + chance:
            out.weights[:, k], out.added[k], out.columns[k] = weights * plain, added, True
    return out


def _as(column: Values | None, other: Values | None, numbers: Floats) -> Floats:
    """Numbers of another column as the steps of one are counted."""
    assert column is not None
    assert other is not None
    here = column.counted(numbers, other)
    return column.stepped(np.maximum(here, column.low) if column.log else here)


def _after(
    order: NDArray[np.int64], firsts: Floats, columns: Sequence[Values | None], bounds: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Columns that come before each one, that bounds link it to, directly or by others, and that its first values are near to."""
    n = len(columns)
    group = np.arange(n)
    for low, high in bounds:
        group[group == group[high]] = group[low]
    out = np.full((n, n), -1)
    for turn, k in enumerate(order.tolist()):
        column, before = columns[k], order[:turn]
        near = list[tuple[float, int]]()
        for place in before[group[before] == group[k]].tolist():
            assert column is not None
            own, left = column.stepped(firsts[:, k]), _as(column, columns[place], firsts[:, place])
            both = np.isfinite(own) & np.isfinite(left)
            if both.sum() < max(min(FEW, len(firsts)), np.isfinite(own).sum() / 2):  # a mean is kept, of nobody's value
                continue
            far, away = (float(np.abs(x - np.median(x)).mean()) for x in (own[both], (own - left)[both]))
            if away < NEAR * far:
                near.append((away, place))
        out[k, : len(near)] = [place for _, place in sorted(near)]
    return out
