"""Classes brought to what is wanted, by rows that a learner draws or by a simpler way."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa

from rowsmith.augment._balance import wanted
from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._likely import likely
from rowsmith.augment._subject import Subject
from rowsmith.augment.oversample import Oversample
from rowsmith.augment.smote import Smote
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class Balance(RowChange):
    """Rows of rare classes, made until every class has what is wanted. Real rows come first and unchanged.

    By `smote`, rows lie between real ones; by `learned`, they are drawn from a model of the whole table given their class, so
    that a rare class borrows what it shares with frequent ones, and those are taken that many classifiers of the real rows hold
    for likely; by `random`, real rows are repeated. See `smote` for its kin.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"churn": ["no"] * 6 + ["yes"] * 2, "age": [30, 41, 52, 28, 37, 44, 61, 69]})
    >>> rs.augment(rows, rs.Balance("churn", to=7), seed=1).frame["churn"].to_pylist().count("yes")
    7
    """

    target: str = field(kw_only=False)
    """The column of classes."""
    to: Any = None
    """How many rows each class shall have: a number, `{class: number}`, or a share of the most frequent class, below 1; as
    many as that one has if left out."""
    method: Literal["smote", "learned", "random"] = "smote"
    """How rows are made."""

    main: ClassVar[str] = "target"

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Make rows."""
        if self.method == "smote":
            return Smote(target=self.target, to=self.to).apply(subject, key)
        if self.method == "random":
            return Oversample(target=self.target, to=self.to).apply(subject, key)
        goal = wanted(subject, self.target, self.to)
        if not goal.lacking:
            return Outcome.changed(subject.table)
        # a model that others hang on, and one for classes of which there are too few rows for that
        models = cache(lambda some: subject.lent.fit(subject, self.target if some else None, key.child("learn")))
        parts = [
            likely(subject, models, self.target, goal, code, more, key.child("class", str(goal.levels[code])))
            for code, more in goal.lacking
        ]
        made = pa.concat_tables(parts)
        return Outcome.with_more(subject.table, made, np.full(made.num_rows, -1))
