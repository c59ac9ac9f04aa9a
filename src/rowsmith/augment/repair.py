"""Numbers that no longer tell a group: each group's values brought to the ranks of all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._numbers import Ruler, floats
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key
from rowsmith.core.values import require


@dataclass(frozen=True, kw_only=True)
class Repair(RowChange):
    """Fairness repair: numbers are moved so that their law is the same in each group, ranks within a group kept.

    The common law is the median of the groups' quantiles. Where a column tells the group by what it is for (a test that is
    itself biased), that is what is wanted; it does not touch classes, nor what several columns tell together.
    Source: M. Feldman et al., "Certifying and Removing Disparate Impact" (2015), section 5.

    >>> import rowsmith as rs, pyarrow as pa
    >>> rows = pa.table({"sex": ["f"] * 4 + ["m"] * 4, "score": [1.5, 2.0, 3.0, 4.5, 11.0, 12.0, 13.0, 14.0]})
    >>> score = rs.augment(rows, rs.Repair("sex")).frame["score"].to_pylist()
    >>> score[:4] == score[4:]
    True
    """

    group: str = field(kw_only=False)
    """The column of groups."""
    columns: tuple[str, ...] = ()
    """Columns of numbers; all but keys and classes if left out."""
    amount: float = 1.0
    """How far values go to the common law: 0 not at all, 1 all the way."""

    main: ClassVar[str] = "group"
    same_rows: ClassVar[bool] = True

    def __post_init__(self) -> None:
        require(self, "amount", above=0, most=1)

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Move numbers."""
        codes, levels = subject.labels(self.group, "group")
        names = subject.pick(self.columns, ("number",))
        names = names if self.columns else tuple(n for n in names if n not in subject.classes)
        names = tuple(n for n in names if n != self.group)
        if not names:
            raise SpecError("columns: there is no column of numbers beside keys and classes; name one.")
        table = subject.table
        for name in names:
            values = subject.values(name)
            x = floats(values)
            groups = [g for g in (np.flatnonzero((codes == c) & np.isfinite(x)) for c in range(len(levels))) if len(g)]
            if not groups:
                continue
            moved = x.copy()
            sorted_groups = [np.sort(x[g]) for g in groups]
            for rows in groups:
                order = rows[np.argsort(x[rows], kind="stable")]
                # equal values stay equal: they share the middle of their places
                _, first, counts = np.unique(x[order], return_index=True, return_counts=True)
                places = np.repeat((first + counts / 2) / len(order), counts)
                common = np.median([np.quantile(s, places, method="hazen") for s in sorted_groups], axis=0)
                moved[order] = (1 - self.amount) * x[order] + self.amount * common
            at = table.column_names.index(name)
            table = table.set_column(at, table.schema.field(at), Ruler.of(name, values).at(moved, values))
        return Outcome.changed(table)
