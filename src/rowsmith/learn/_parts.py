"""A model of its own for each part of the rows, drawn in the parts' shares: a mixture whose parts are known when it is learnt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.protocols import LEARNERS, CodeArray, Codes, FittedLearner, Known, Learner
from rowsmith.core.rng import Key
from rowsmith.core.state import State

FEWEST = 100
"""Rows of a part; a smaller one is learnt with the largest, as a few rows say too little, and too much of each."""


@dataclass(frozen=True)
class Parts(FittedLearner):
    """The fitted parts.

    Columns are encoded once, for all parts; so keys, rules and the protection of rare values are those of the whole table.

    Attributes:
        learner: name of the learner of every part.
        shares: of each part, by name; together 1.
        fitted: the parts, by name.
        joined: parts of too few rows, which were learnt with the largest.
    """

    learner: str
    shares: Mapping[str, float]
    fitted: Mapping[str, FittedLearner]
    joined: tuple[str, ...] = ()

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows, each of a part by its share.

        Raises:
            SpecError: something is given: how likely it makes each part is not known.
        """
        if given:
            raise SpecError(
                "a model in parts draws whole rows only, none around given values or under a condition; "
                "fit one without parts (--segment) for that."
            )
        ends = np.cumsum(list(self.shares.values()))
        places = key.child("part").generator().random(n) * ends[-1]
        which = np.minimum(np.searchsorted(ends, places, side="right"), len(ends) - 1)
        out: list[CodeArray] = []
        for number, (name, part) in enumerate(self.fitted.items()):
            rows = np.flatnonzero(which == number)
            drawn = part.draw(len(rows), key.child("rows", name))
            out = out or [np.zeros(n, dtype=np.uint16) for _ in drawn]
            for codes, some in zip(out, drawn, strict=True):
                codes[rows] = some
        return out

    def without(self, names: Sequence[str]) -> Parts:
        """The other parts, in the same proportions.

        Raises:
            SpecError: no such part, or none is left.
        """
        for name in names:
            if name not in self.shares:
                raise SpecError(f"drop={name!r}: the model has no such part{suggest(name, self.shares)}")
        left = {name: share for name, share in self.shares.items() if name not in names}
        if not left:
            raise SpecError(f"drop={', '.join(names)}: the model has no other part to draw.")
        total = sum(left.values())
        shares = {name: share / total for name, share in left.items()}
        return replace(self, shares=shares, fitted={name: self.fitted[name] for name in left})

    def state(self) -> State:
        """The parts, each as its learner saves it."""
        parts = [{"name": n, "share": self.shares[n], "fitted": part.state()} for n, part in self.fitted.items()]
        return {"learner": self.learner, "parts": parts, "joined": list(self.joined)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        kind = LEARNERS.load(state["learner"]).fitted
        shares = {str(s["name"]): float(s["share"]) for s in state["parts"]}
        if not shares or not all(0 < share <= 1 for share in shares.values()):
            raise ValueError(shares)
        fitted = {str(s["name"]): kind.from_state(s["fitted"]) for s in state["parts"]}
        return cls(state["learner"], shares, fitted, tuple(map(str, state["joined"])))


def fit_parts(
    learner: Learner,
    columns: Sequence[Codes],
    parts: NDArray[np.str_] | None,
    *,
    key: Key,
    **options: Any,
) -> FittedLearner:
    """Learn each part of the rows on its own, or all rows together where there are no parts.

    Args:
        learner: settings of the learner of every part.
        columns: of all rows.
        parts: name of each row's part, shape (rows,), if there are any.
        key: random stream of the fit.
        options: as the learner takes them.
    """
    if parts is None:
        return learner.fit(columns, key=key, **options)
    names, number, counts = np.unique(parts, return_inverse=True, return_counts=True)
    largest = int(counts.argmax())
    number = np.where(counts[number] < FEWEST, largest, number)
    shares, fitted = {}, {}
    for k, name in enumerate(names.tolist()):
        rows = np.flatnonzero(number == k)
        if len(rows):
            shares[name] = len(rows) / len(number)
            some = [replace(c, values=c.values[rows]) for c in columns]
            fitted[name] = learner.fit(some, key=key.child("part", name), **options)
    joined = tuple(name for name in names.tolist() if name not in shares)
    return Parts(LEARNERS.name_of(type(learner)), shares, fitted, joined)


def load_fitted(learner: str, state: State) -> FittedLearner:
    """What a learner knows, from its state: of all rows together, or in parts."""
    return (Parts if "parts" in state else LEARNERS.load(learner).fitted).from_state(state)
