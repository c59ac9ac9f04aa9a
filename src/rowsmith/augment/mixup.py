"""Rows between rows: mixup for tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._between import between
from rowsmith.augment._change import Ints, Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Mixup(RowChange):
    """Rows between pairs of rows, put behind the real ones: numbers lie between, of other values a coin takes one.

    With `within`, both rows are of the same class (interpolation); without, classes mix as other values do.
    Source: H. Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2018).

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"a": [1.5, 9.5, 4.0], "b": ["u", "v", "u"]}), rs.Mixup(share=1.0), seed=2)
    >>> done.frame.num_rows, done.made.tolist()
    (6, [False, False, False, True, True, True])
    """

    alpha: float = 0.3
    """Of the beta law of the place between both rows: near 0, rows are almost like one of them; 1 is anywhere."""
    share: float = 0.5
    """Rows to make, as a share of the rows."""
    within: str | None = None
    """A column of classes: only rows of the same class are mixed."""

    main: ClassVar[str] = "alpha"

    def __post_init__(self) -> None:
        require(self, "alpha", above=0)
        require(self, "share", above=0)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Make rows."""
        base, other = partners(subject, self.share, self.within, key)
        rng = key.child("place").generator()
        # the base is the nearer of the two, so that what is logged as the source is
        place = rng.beta(self.alpha, self.alpha, len(base))
        same = () if self.within is None else (self.within,)
        made = between(subject, base, other, key, place=np.minimum(place, 1 - place), same=same)
        return Outcome.with_more(subject.table, made, base)


def partners(subject: Subject, share: float, within: str | None, key: Key) -> tuple[Ints, Ints]:
    """Pairs of rows, each a row and another one of its class, shape (m,) both.

    Args:
        subject: the table.
        share: pairs for each row.
        within: the column of classes; None to pair any rows.
        key: random stream.

    Raises:
        SpecError: no such column.
    """
    rng, n = key.child("pairs").generator(), subject.n
    m = round(share * n)
    if n < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if m == 0:
        raise SpecError(f"share={share:g}: of {n} rows, that is none; expected at least {1 / n:.2g}.")
    base = np.concatenate([rng.permutation(n) for _ in range(-(-m // n))])[:m]
    if within is None:
        other = rng.integers(0, n - 1, m)
        return base, other + (other >= base)
    codes, _ = subject.labels(within, "within")
    order = np.argsort(codes, kind="stable")
    first = np.searchsorted(codes[order], codes)
    size = np.searchsorted(codes[order], codes, side="right") - first
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    step = 1 + (rng.random(m) * np.maximum(size[base] - 1, 1)).astype(np.int64)
    other = order[first[base] + (place[base] - first[base] + step) % size[base]]
    return base, other
