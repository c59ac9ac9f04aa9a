"""Rows of frequent classes, left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from rowsmith.augment._balance import wanted
from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Undersample(RowChange):
    """Rows of frequent classes, left out by chance until every class has what is wanted. The others keep their order.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"c": ["no", "no", "no", "yes"]}), rs.Undersample("c")).frame["c"].to_pylist()
    ['no', 'yes']
    """

    target: str = field(kw_only=False)
    """The column of classes."""
    to: Any = None
    """How many rows each class shall have: a number, or `{class: number}`; as many as the rarest has if left out."""

    main: ClassVar[str] = "target"

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Leave rows out; those without a class stay."""
        goal = wanted(subject, self.target, self.to, fewer=True)
        kept = np.ones(subject.n, dtype=bool)
        for code, (have, want) in enumerate(zip(goal.counts, goal.goal, strict=True)):
            rng = key.child("class", str(goal.levels[code])).generator()
            kept[rng.permutation(np.flatnonzero(goal.codes == code))[: have - want]] = False
        return Outcome.picked(subject.table, np.flatnonzero(kept))
