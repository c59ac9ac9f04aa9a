"""Rows drawn with replacement: plain, by strata, in blocks, or with weights to given margins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.augment._change import Ints, Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.augment._tilt import weights_for
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Bootstrap(RowChange):
    """Rows drawn with replacement, as many as there are: to see how much a figure depends on which rows happen to be there.

    Every row is a real one, word for word, so a bootstrap protects nobody. Blocks keep what hangs together from row to row.
    Sources: B. Efron, "Bootstrap Methods" (1979); H. Künsch, "The Jackknife and the Bootstrap for General Stationary
    Observations" (1989), for blocks.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rs.augment(pa.table({"a": ["u", "v", "w"]}), rs.Bootstrap(), seed=1).frame["a"].to_pylist()
    ['u', 'w', 'w']
    """

    by: str | None = None
    """A column of classes: each class keeps its number of rows (stratified)."""
    block: int | None = None
    """Rows of a block that are drawn together, in their order: of a series."""
    margins: Mapping[str, Any] | None = None
    """Shares that classes shall have, `{region: {north: 0.4, south: 0.6}}`: rows are weighed by raking."""
    rows: int | None = None
    """Rows to draw; as many as there are if left out."""

    main: ClassVar[str] = "by"

    def __post_init__(self) -> None:
        require(self, "block", least=1)
        require(self, "rows", least=0)
        given = [n for n in ("by", "block", "margins") if getattr(self, n) is not None]
        if len(given) > 1:
            raise SpecError(f"{' and '.join(given)}: expected one of them.")
        if self.by is not None and self.rows is not None:
            raise SpecError("rows: each class keeps its number of rows; leave it out.")

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Draw rows."""
        if not subject.n:
            return Outcome.changed(subject.table)
        return Outcome.picked(subject.table, self._rows(subject, key))

    def _rows(self, subject: Subject, key: Key) -> Ints:
        rng, n = key.generator(), subject.n
        wanted = n if self.rows is None else self.rows
        if self.block is not None:
            if self.block > n:
                raise SpecError(f"block={self.block}: the table has {n} rows; expected 1 to {n}.")
            starts = rng.integers(0, n - self.block + 1, -(-wanted // self.block))
            return np.asarray((starts[:, None] + np.arange(self.block)).ravel()[:wanted])
        if self.margins is not None:
            weights = weights_for(subject, self.margins, {})
            return np.sort(rng.choice(n, wanted, p=weights / weights.sum()))
        if self.by is None:
            return np.sort(rng.integers(0, n, wanted))
        codes, _ = subject.labels(self.by, "by")
        out = np.empty(n, dtype=np.int64)
        for code in np.unique(codes):
            rows = np.flatnonzero(codes == code)
            out[rows] = rng.choice(rows, len(rows))
        return np.sort(out)
