"""A table that is to be changed, and what is true of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.augment._lent import Lent
from rowsmith.augment._rules import Keeper
from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.schema import Table
from rowsmith.core.scratch import Scratch
from rowsmith.core.types import is_number, is_text, is_time, whole

Nature = Literal["number", "time", "text", "class"]
"""A number; a moment or a date; a text; or a value of a few, of any type but fractions."""

KEY = "names rows (it is a key), so it stays as it is; if it is none, say its kind in a schema"
"""Why a column is not changed."""
MOST_CLASSES = 100
"""Distinct values of a column of classes, at most."""
LOOKED_AT = 20_000
_WORDS = {"number": "numbers", "time": "dates or times", "text": "text", "class": "classes"}


@dataclass(frozen=True)
class Subject:
    """A table that is to be changed.

    Attributes:
        name: of the table, for messages.
        table: its rows, with the values that texts stand for, each column in one piece.
        schema: kinds, keys and rules.
        fixed: columns that name rows, or those of other tables: they stay as they are.
        keeper: of the rules.
        lent: what other rooms do for changes.
        stored: the rows, where they are not in memory; `table` then has the columns and their types alone.
    """

    name: str
    table: pa.Table
    schema: Table
    fixed: frozenset[str]
    keeper: Keeper
    lent: Lent
    stored: Scratch | None = None

    @property
    def n(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows if self.stored is None else self.stored.num_rows)

    def values(self, name: str) -> pa.Array:
        """A column in one piece."""
        return whole(self.table[name]) if self.stored is None else self.stored.column(name)

    def distinct(self, name: str) -> int:
        """How many values a column has, of the first rows of a long table."""
        return int(pc.count_distinct(self.values(name).slice(0, LOOKED_AT)).as_py())

    def is_a(self, name: str, nature: Nature) -> bool:
        """Whether a column is of a nature."""
        kind = self.table.schema.field(name).type
        if nature == "class":
            return name in self.classes
        return {"number": is_number, "time": is_time, "text": is_text}[nature](kind)

    @cached_property
    def classes(self) -> frozenset[str]:
        """Columns of classes: text, yes and no, and whole numbers of a few values."""
        found = set()
        for each in self.table.schema:
            kind = each.type
            if pa.types.is_boolean(kind) or pa.types.is_null(kind):
                found.add(each.name)
            elif is_text(kind) or pa.types.is_integer(kind):
                few = self.distinct(each.name)
                if few <= MOST_CLASSES and (is_text(kind) or few <= max(2, self.n // 20)):
                    found.add(each.name)
        return frozenset(found)

    def column(self, name: str, setting: str) -> str:
        """The name of a column, if there is such a one.

        Raises:
            SpecError: there is none.
        """
        if name not in self.table.column_names:
            raise SpecError(f"{setting}={name!r}: the table has no such column{suggest(name, self.table.column_names)}")
        return name

    def pick(
        self, names: Iterable[str], natures: tuple[Nature, ...], *, all: bool = True, setting: str = "columns"
    ) -> tuple[str, ...]:
        """Columns that are to be changed.

        Args:
            names: those that the user named; none for all that can be.
            natures: that a column may be of.
            all: whether to take all that can be changed where none is named.
            setting: for messages.

        Raises:
            SpecError: a column is not there, names rows, or is of another nature.
        """
        able = [n for n in self.table.column_names if n not in self.fixed and any(self.is_a(n, k) for k in natures)]
        what = " or ".join(_WORDS[nature] for nature in natures)
        for name in names:
            self.column(name, setting)
            feasible = f"expected {what}: {', '.join(able) or 'there is no such column'}"
            if name in self.fixed:
                raise SpecError(f"{setting}={name!r}: {KEY}; {feasible}.")
            if name not in able:
                kind = self.table.schema.field(name).type
                raise SpecError(f"{setting}={name!r}: is {kind}; {feasible}.")
        return tuple(names) or (tuple(able) if all else ())

    def labels(self, name: str, setting: str = "target") -> tuple[NDArray[np.int64], pa.Array]:
        """The class of each row by number, -1 for null, shape (n,); and the classes, the most frequent first.

        Raises:
            SpecError: there is no such column, or it is none of classes.
        """
        column = self.values(self.column(name, setting))
        if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type) or is_time(column.type):
            raise SpecError(
                f"{setting}={name!r}: is {column.type}; expected a column of classes: {', '.join(sorted(self.classes))}."
            )
        found = pc.value_counts(column.drop_null())
        levels, counts = found.field("values"), found.field("counts").to_numpy()
        if len(levels) > MOST_CLASSES:
            raise SpecError(
                f"{setting}={name!r}: has {len(levels):,} distinct values; expected a column of at most {MOST_CLASSES} "
                f"classes: {', '.join(sorted(self.classes))}."
            )
        # equal counts by value, so that the order of the rows does not decide
        order = sorted(range(len(levels)), key=lambda i: (-int(counts[i]), str(levels[i])))
        levels = levels.take(pa.array(order, pa.int64()))
        if not len(levels):
            return np.full(len(column), -1), levels
        codes = pc.index_in(column, levels).fill_null(-1).to_numpy(zero_copy_only=False)
        return np.asarray(codes, dtype=np.int64), levels

    def level(self, name: str, levels: pa.Array, written: Any, setting: str) -> int:
        """The number of a class by its text.

        Raises:
            SpecError: there is no such class.
        """
        known = [text(level) for level in levels.to_pylist()]
        word, form = text(written), self.schema.columns[name].form or {}
        if pa.types.is_boolean(levels.type) and form.get("as") == "boolean":  # by the words that the file has
            said = {"true": str(form["true"]), "false": str(form["false"])}
            known, word = [said[each] for each in known], said.get(word, word)
        if word not in known:
            raise SpecError(f"{setting}: {name} has no class {word!r}{suggest(word, known)}")
        return known.index(word)


def text(value: Any) -> str:
    """A value as people write it in a spec."""
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
