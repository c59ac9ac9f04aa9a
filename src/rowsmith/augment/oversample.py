"""Rows of rare classes, repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.augment._balance import wanted
from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Oversample(RowChange):
    """Rows of rare classes, repeated until every class has what is wanted; each as often as every other one, about.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"c": ["no", "no", "no", "yes"]}), rs.Oversample("c")).frame["c"].to_pylist()
    ['no', 'no', 'no', 'yes', 'yes', 'yes']
    """

    target: str = field(kw_only=False)
    """The column of classes."""
    to: Any = None
    """How many rows each class shall have: a number, `{class: number}`, or a share of the most frequent class, below 1; as
    many as that one has if left out."""

    main: ClassVar[str] = "target"

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Repeat rows."""
        goal, more = wanted(subject, self.target, self.to), [np.zeros(0, dtype=np.int64)]
        for code, n in goal.lacking:
            rng = key.child("class", str(goal.levels[code])).generator()
            rows = rng.permutation(np.flatnonzero(goal.codes == code))
            more.append(np.resize(rows, n))
        source = np.concatenate(more)
        return Outcome.with_more(subject.table, subject.table.take(pa.array(source)), source)
