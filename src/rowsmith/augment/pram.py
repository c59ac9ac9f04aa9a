"""Classes drawn anew for some rows, by a law that keeps their shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import CellChange
from rowsmith.augment._subject import Subject
from rowsmith.augment.flip import FlipWork
from rowsmith.core.errors import SpecError
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Pram(CellChange):
    """Classes kept with a probability and drawn anew by their shares otherwise, so that the shares stay on average.

    Source: P. Kooiman et al., "PRAM: a method for disclosure limitation of microdata" (1997), invariant PRAM.

    >>> import rowsmith as rs, pyarrow as pa
    >>> done = rs.augment(pa.table({"c": ["a", "b"] * 500}), rs.Pram(keep=0.5), seed=7)
    >>> 200 < done.steps[0].cells["c"] < 300
    True
    """

    columns: tuple[str, ...] = ()
    """Columns of classes; all if left out."""
    keep: float = 0.8
    """Probability that a value is kept."""

    main: ClassVar[str] = "columns"
    lawful: ClassVar[bool] = False

    def __post_init__(self) -> None:
        require(self, "keep", least=0, below=1)

    def fit(self, subject: Subject) -> FlipWork:
        """The shares of the classes."""
        found = []
        for name in subject.pick(self.columns, ("class",)):
            codes, levels = subject.labels(name, "columns")
            if not len(levels):
                continue
            shares = np.bincount(codes[codes >= 0], minlength=len(levels)) / max(int((codes >= 0).sum()), 1)
            matrix = self.keep * np.eye(len(levels)) + (1 - self.keep) * shares
            found.append((name, levels, np.cumsum(matrix, axis=1)))
        if not found:
            raise SpecError("columns: there is no column of classes beside keys.")
        return FlipWork(tuple(name for name, _, _ in found), tuple(found))
