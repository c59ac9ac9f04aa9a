"""A column of a sequence that is a sum over its row and the row before, in the units of the law."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.state import State
from rowsmith.learn._previous import Follow
from rowsmith.learn._sequence_values import Values

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sum:
    """A column that is a sum.

    Attributes:
        place: of the column in the law.
        terms: places of the columns that it adds, and rows ago, 0 or 1.
        weights: of the terms, in units of the column a unit of theirs.
        added: in units of the column.
        first: what is added in the first row, where the row before counts as a constant; None where the column begins as it may.
        low: least value that it may have, infinite where it may have any.
        high: greatest one.
        exact: whether it always is the sum where all terms are there; if not, it is learnt in which rows it is.
        whole: whether it lies on a lattice.
    """

    place: int
    terms: tuple[tuple[int, int], ...]
    weights: tuple[float, ...]
    added: float
    first: float | None
    low: float = -np.inf
    high: float = np.inf
    exact: bool = True
    whole: bool = True

    @classmethod
    def of(cls, follow: Follow, places: Mapping[str, int], columns: Sequence[Values | None]) -> Self:
        """The sum that a formula says.

        Args:
            follow: the formula.
            places: of the columns that stand for its own and those that it reads, by name.
            columns: of the law.
        """
        mine = value_at(columns, places[follow.column])
        its = [value_at(columns, places[term.column]) for term in follow.terms]

        def added(first: bool) -> float:
            total = follow.added - mine.zero
            for term, column in zip(follow.terms, its, strict=True):
                total += term.sign * (follow.begins or 0.0 if first and term.ago else column.zero)
            return total / mine.scale

        known = follow.begins is not None or not any(term.ago for term in follow.terms)
        return cls(
            places[follow.column],
            tuple((places[term.column], term.ago) for term in follow.terms),
            tuple(term.sign * column.scale / mine.scale for term, column in zip(follow.terms, its, strict=True)),
            added(False),
            added(True) if known else None,
            whole=mine.lattice,
        )

    def at(self, order: Sequence[int]) -> Sum:
        """The same of columns in another order: which of them stands at each place."""
        where = {i: k for k, i in enumerate(order)}
        return replace(self, place=where[self.place], terms=tuple((where[i], ago) for i, ago in self.terms))

    @property
    def here(self) -> set[int]:
        """Columns of the same row that it adds."""
        return {place for place, ago in self.terms if not ago}

    def each(self, values: Floats, before: Floats) -> Floats:
        """What the terms add, shape (terms, n).

        Args:
            values: the numbers, shape (n, columns).
            before: those of the rows before, nan where there is none.
        """
        return np.array(
            [w * (before if ago else values)[:, i] for (i, ago), w in zip(self.terms, self.weights, strict=True)]
        )

    def total(self, values: Floats, before: Floats) -> Floats:
        """The sum, shape (n,); what is missing but the first term counts as 0."""
        first, *rest = self.each(values, before)
        return (
            self.near(first + np.nan_to_num(rest).sum(axis=0) + self.added) if rest else self.near(first + self.added)
        )

    def near(self, numbers: Floats) -> Floats:
        """Numbers on the column's lattice, if it has one."""
        return np.rint(numbers) if self.whole else numbers

    def begun(self, starts: Floats) -> Floats:
        """The first values of the column, shape (entities,), of those of the others, shape (entities, columns)."""
        assert self.first is not None, "it does not begin as it may"
        parts = self.each(starts, np.zeros_like(starts)).sum(axis=0) + self.first
        return self.near(parts)

    def state(self) -> State:
        """Plain values."""
        ends = {n: float(x) for n in ("low", "high") if np.isfinite(x := getattr(self, n))}
        kept = {n: v for n, v in vars(self).items() if n not in ("low", "high")}
        return {**kept, **ends, "terms": [list(t) for t in self.terms], "weights": list(self.weights)}

    @classmethod
    def from_state(cls, state: State, n: int) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: it is of columns that are not there.
        """
        terms = tuple((int(i), int(ago)) for i, ago in state["terms"])
        places = [int(state["place"]), *(i for i, _ in terms)]
        if (
            not all(0 <= i < n for i in places)
            or len(terms) != len(state["weights"])
            or not {a for _, a in terms} <= {0, 1}
        ):
            raise ValueError("sums of other columns")
        values: dict[str, Any] = {
            **state,
            "place": places[0],
            "terms": terms,
            "weights": tuple(map(float, state["weights"])),
        }
        return cls(**values)


def value_at(columns: Sequence[Values | None], place: int) -> Values:
    column = columns[place]
    assert column is not None, "a gap is in no sum"
    return column
