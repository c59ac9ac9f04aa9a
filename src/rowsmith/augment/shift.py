"""A scenario: rows drawn anew so that shares and means come to what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.augment._change import Floats, Ints, Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.augment._tilt import weights_for
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Shift(RowChange):
    """What if unemployment doubles? Rows drawn anew with weights, by which shares and means come to what is asked for.

    Everything else changes only as far as it hangs together with these: the weights are those nearest to equal ones.
    Draws are systematic, so that shares hold to a row or so of each. Real rows are repeated or left out, and none is made up.
    Source of the weights: J.-C. Deville and C.-E. Särndal, "Calibration Estimators in Survey Sampling" (1992).

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"work": ["yes"] * 90 + ["no"] * 10, "pay": list(range(90)) + [0] * 10})
    >>> done = rs.augment(rows, rs.Shift(shares={"work": {"no": 0.2}}), seed=1)
    >>> done.frame["work"].to_pylist().count("no")
    20
    """

    shares: Mapping[str, Any] | None = None
    """By column, classes and their shares: `{work: {no: 0.2}}`; classes that are left out share the rest as they did."""
    means: Mapping[str, Any] | None = None
    """By column of numbers, its mean: `{age: 50}`."""
    rows: int | None = None
    """Rows to draw; as many as there are if left out."""

    main: ClassVar[str] = "shares"
    lawful: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "rows", least=0)
        if not self.shares and not self.means:
            raise SpecError("shares, means: expected at least one share or mean.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Draw rows."""
        if not subject.n:
            return Outcome.changed(subject.table)
        weights = weights_for(subject, self.shares or {}, self.means or {})
        n = subject.n if self.rows is None else self.rows
        return Outcome.picked(subject.table, drawn(weights, n, key))


def drawn(weights: Floats, n: int, key: Key) -> Ints:
    """Rows by their weights, each as often as its weight says or one time more or less, in their order, shape (n,).

    Args:
        weights: from 0, not all 0.
        n: how many.
        key: random stream.
    """
    if not len(weights):
        return np.zeros(0, dtype=np.int64)
    rng = key.generator()
    order = rng.permutation(len(weights))
    ends = np.cumsum(weights[order])
    marks = (rng.random() + np.arange(n)) * (ends[-1] / max(n, 1))
    at = np.minimum(np.searchsorted(ends, marks, side="right"), len(weights) - 1)
    return np.sort(order[at])
