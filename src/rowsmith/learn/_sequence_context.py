"""What is constant in an entity as numbers, and what it lets expect of the entity's first values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.state import State
from rowsmith.learn._sequence_base import ridge
from rowsmith.learn._sequence_values import Values, lumpy

Floats = NDArray[np.float64]

MOST_LEVELS = 8
"""Levels of a constant that get a truth value each."""
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
    """

    weights: Floats
    added: Floats
    means: Floats
    columns: NDArray[np.bool_]

    def of(self, context: Floats, usual: Floats) -> Floats:
        """What is expected.

        Args:
            context: shape (entities, entries).
            usual: what the calendar lets expect, shape (entities, columns).
        """
        known = np.where(np.isfinite(context), context, self.means)
        return np.asarray(known @ self.weights + self.added + usual)

    def state(self) -> State:
        """The arrays."""
        return dict(vars(self))

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        return cls(**{**state, "columns": state["columns"].astype(bool)})


def fit_expected(
    context: Floats, levels: Sequence[int], usual: Floats, firsts: Floats, columns: Sequence[Values | None]
) -> Expected:
    """What the context lets expect of first values.

    Args:
        context: of the entities, shape (entities, entries).
        levels: see `levels_of`.
        usual: what the calendar lets expect, shape (entities, columns).
        firsts: first values, as steps are counted, shape (entities, columns).
        columns: how they are turned into numbers.
    """
    entries = context.shape[1]
    plain = np.array(levels, dtype=np.int64) <= 0
    with np.errstate(all="ignore"):
        counts = np.isfinite(context).sum(axis=0)
        means = np.where(counts, np.nansum(context, axis=0) / np.maximum(counts, 1), 0.0)
    x = np.where(np.isfinite(context), context, means) * plain
    out = Expected(np.zeros((entries, len(columns))), np.zeros(len(columns)), means, np.zeros(len(columns), dtype=bool))
    for k, column in enumerate(columns):
        y = firsts[:, k]
        known = np.isfinite(y)
        if column is None or not column.on_line or known.sum() < 20 or lumpy(y[known]):
            continue
        rest = y[known] - usual[known, k]
        weights, added = ridge(x[known], rest)
        left = rest - x[known] @ weights - added
        # of so many terms some fit by chance
        chance = (plain.sum() + 1) / known.sum()
        if 1 - left.var() / y[known].var() > TELLS + chance:
            out.weights[:, k], out.added[k], out.columns[k] = weights * plain, added, True
    return out
