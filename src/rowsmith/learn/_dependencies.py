"""Exact functional dependencies between columns: found in the codes, then kept by look-up instead of being learnt.

Where every value of one column goes with a single value of another (a code and its label, a city and its country), the
second is no random variable given the first. A learner would get it right in most rows; a look-up does in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import CodeArray, Codes
from rowsmith.core.state import State

LOG_CHANCE = -20.0
"""A dependency counts only if independent columns would show it with a probability below exp of this."""


PROBE = 200
"""Rows that dependencies are tried on first."""
_OWN = 1 << 17


@dataclass(frozen=True)
class Dependency:
    """Column `target` is a function of column `source` (positions).

    Attributes:
        source: the column that determines.
        target: the column that is looked up.
        table: code of the target for each code of the source, shape (source size,).
    """

    source: int
    target: int
    table: CodeArray

    def apply(self, codes: CodeArray) -> CodeArray:
        """Target codes of source codes, shape (rows,)."""
        return self.table[codes]

    def state(self) -> State:
        """Plain values."""
        return {"source": self.source, "target": self.target, "table": self.table}

    @classmethod
    def from_state(cls, state: State) -> Dependency:
        """The inverse of `state`."""
        return cls(state["source"], state["target"], state["table"].astype(np.uint16))


def find(columns: Sequence[Codes], exact: Sequence[bool], hidden: Sequence[NDArray[np.bool_]]) -> list[Dependency]:
    """The dependencies to keep by look-up: every target has one source, and no source is itself looked up.

    Args:
        columns: the coded table.
        exact: for each column, whether each of its codes stands for a single value; only such a column can be looked up
            (or the values inside a code would be lost) or look another up.
        hidden: for each column, rows of which the code says nothing, shape (rows,).
    """
    # The column with more codes determines; of two that determine each other, the earlier one.
    order = sorted((i for i, c in enumerate(columns) if exact[i] and c.size > 1), key=lambda i: -columns[i].size)
    sources: list[int] = []
    found: list[Dependency] = []
    probe = _Probe.of(columns, hidden)
    for target in order:
        may = probe.functions(sources, target)
        hits = (_dependency(columns, source, target, hidden[source] | hidden[target]) for source in may)
        hit = next((h for h in hits if h is not None), None)
        if hit is None:
            sources.append(target)
        else:
            found.append(hit)
    return sorted(found, key=lambda d: d.target)


@dataclass(frozen=True)
class _Probe:
    """A few rows, which show of most pairs of columns that neither is a function of the other.

    Attributes:
        codes: of all columns, shape (columns, rows); a number of its own where nothing is said.
        own: numbers that no code has, one a row.
        hidden: where nothing is said, shape (columns, rows).
    """

    codes: NDArray[np.int64]
    own: NDArray[np.int64]
    hidden: NDArray[np.bool_]

    @classmethod
    def of(cls, columns: Sequence[Codes], hidden: Sequence[NDArray[np.bool_]]) -> Self:
        """Some rows, evenly over the table."""
        n = len(columns[0].values) if columns else 0
        rows = np.unique(np.linspace(0, max(n - 1, 0), min(n, PROBE)).astype(np.int64))
        own = _OWN + np.arange(len(rows))
        unsaid = np.array([mask[rows] for mask in hidden]).reshape(len(columns), len(rows))
        codes = np.array([c.values[rows] for c in columns], dtype=np.int64).reshape(len(columns), len(rows))
        return cls(np.where(unsaid, own, codes), own, unsaid)

    def functions(self, sources: Sequence[int], target: int) -> list[int]:
        """Of which sources the target may be a function, as far as these rows show."""
        if not sources:
            return []
        keys = np.sort(
            np.where(self.hidden[target], self.own, self.codes[sources]) * _OWN * 2 + self.codes[target], axis=1
        )
        pairs = (np.diff(keys, axis=1) != 0).sum(axis=1)
        alone = (np.diff(keys // (_OWN * 2), axis=1) != 0).sum(axis=1)
        return [source for source, so in zip(sources, pairs == alone, strict=True) if so]


def _dependency(columns: Sequence[Codes], source: int, target: int, unsaid: NDArray[np.bool_]) -> Dependency | None:
    a, b = columns[source], columns[target]
    given, found = (a.values[~unsaid], b.values[~unsaid]) if unsaid.any() else (a.values, b.values)
    if not len(given) or not _is_function(given, found, b.size):
        return None
    counts = np.bincount(given, minlength=a.size)
    seen = counts > 0
    low = np.zeros(a.size, dtype=np.int64)
    low[given] = found
    # Under independence a group of n rows is pure with probability sum(p_b ** n).
    shares = np.bincount(found, minlength=b.size) / len(found)
    sizes, times = np.unique(counts[seen], return_counts=True)
    # Large groups underflow to 0: log 0 is the honest answer, minus infinity.
    with np.errstate(divide="ignore", under="ignore"):
        log_chance = sum(t * np.log(np.sum(shares[shares > 0] ** n)) for n, t in zip(sizes, times, strict=True))
    if log_chance > LOG_CHANCE:
        return None
    # A code that never occurred gets the commonest target, so that the look-up is total.
    return Dependency(source, target, np.where(seen, low, shares.argmax()).astype(np.uint16))


def _is_function(a: CodeArray, b: CodeArray, size: int) -> bool:
    """Whether every code of a stands beside a single code of b."""
    pairs = np.unique(a.astype(np.int64) * size + b)
    return len(pairs) == len(np.unique(a))
