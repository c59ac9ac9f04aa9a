"""A table whose columns are not what they were: renamed, as text, gone, new, in another order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from rowsmith.augment._change import Outcome, RowChange
from rowsmith.augment._subject import Subject
from rowsmith.core.errors import SpecError
from rowsmith.core.rng import Key


@dataclass(frozen=True, kw_only=True)
class SchemaDrift(RowChange):
    """A table as its next delivery may come: columns renamed, turned into text, left out, added, or in another order.

    >>> import rowsmith as rs, pyarrow as pa
    >>> drift = rs.SchemaDrift(rename={"a": "A"}, text=("b",), add={"batch": 7})
    >>> rs.augment(pa.table({"a": [1, 2], "b": [0.5, 1.5]}), drift).frame.to_pylist()[0]
    {'A': 1, 'b': '0.5', 'batch': 7}
    """

    rename: Mapping[str, Any] | None = None
    """Columns and their new names."""
    text: tuple[str, ...] = ()
    """Columns that come as text."""
    drop: tuple[str, ...] = ()
    """Columns that are left out."""
    add: Mapping[str, Any] | None = None
    """New columns and the one value that they have."""
    shuffle: bool = False
    """Whether columns come in another order."""

    lawful: ClassVar[bool] = False

    def apply(self, subject: Subject, key: Key) -> Outcome:
        """Change the columns."""
        rename = {str(old): str(new) for old, new in (self.rename or {}).items()}
        for setting, listed in (("rename", tuple(rename)), ("text", self.text), ("drop", self.drop)):
            for name in listed:
                subject.column(name, setting)
        columns: dict[str, pa.Array] = {}
        for name in subject.table.column_names:
            if name in self.drop:
                continue
            values = subject.values(name)
            new = rename.get(name, name)
            if new in columns:
                raise SpecError(f"rename: two columns would be called {new!r}.")
            columns[new] = values.cast(pa.string()) if name in self.text else values
        for name, value in (self.add or {}).items():
            if name in columns:
                raise SpecError(f"add={name!r}: there is such a column already.")
            columns[str(name)] = pa.repeat(pa.scalar(value), subject.n)
        if not columns:
            raise SpecError("drop: no column would be left.")
        names = list(columns)
        if self.shuffle:
            names = [names[i] for i in key.generator().permutation(len(names))]
        return Outcome.changed(pa.table({name: columns[name] for name in names}))
