"""Conditions on the rows that are drawn: SQL, as far as a learnt table can aim at it, and the rest by drawing again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.codecs import ColumnCodec
from rowsmith.core.conditions import WHERE
from rowsmith.core.errors import RowsmithError, SpecError, suggest
from rowsmith.core.protocols import CodeArray, Rows
from rowsmith.core.rng import Key
from rowsmith.learn._aim import aimed, known_as
from rowsmith.learn._given import Given, given_codes

if TYPE_CHECKING:
    from rowsmith.learn.table import TableModel

TRIES = 32
"""Values that are made of a code, to see whether one of them meets a condition."""
SHOWN = 8
"""Values of a column that a message names."""


@dataclass(frozen=True)
class Where:
    """A condition that every row must meet.

    Attributes:
        expression: boolean SQL; a row in which it is null does not meet it.
        groups: position of a column to what its codes are good for, shape (codes,): 1 if a value of it may meet what
            is asked of the column alone.
    """

    expression: str
    groups: Mapping[int, CodeArray]

    @classmethod
    def of(cls, table: TableModel, expression: str) -> Self:
        """The condition for a learnt table.

        Raises:
            SpecError: it is no condition on its columns, or asks for what the learnt rows never had.
        """
        if not expression.strip():
            raise SpecError("where='': expected a condition, such as age > 30.")
        names = list(table.schema.columns)
        for name in sql.references(expression, WHERE):
            if name not in names:
                raise SpecError(f"where={expression!r}: the model has no column {name!r}{suggest(name, names)}")
        rows = table.sample(Rows(0, TRIES), Key(0).child(WHERE))
        sql.truth(expression, rows, WHERE)  # whether it can be computed
        telling, groups = table.telling, dict[int, CodeArray]()
        for part in sql.parts(sql.alone(expression, WHERE)):
            asked = sql.written(part)
            read = sql.references(asked, WHERE)
            tied = len(read) == 1 and read[0] in table.ties.columns
            if len(read) != 1 or not (tied or read[0] in telling):
                continue
            position = names.index(read[0])
            some = _Some.of(table.codecs[position], read[0])
            meets = some.meets(asked, sql.constants(part))
            if tied and meets.any():
                continue  # it is made of others, which nobody knows how to aim with
            before = groups.get(position, np.ones(len(meets), dtype=np.uint16))
            groups[position] = (meets & (before > 0)).astype(np.uint16)
            if not meets.any():
                raise SpecError(f"where={expression!r}: no learnt row has {asked}; {some.seen}{_kept(table, read[0])}")
            if not groups[position].any():
                raise SpecError(f"where={expression!r}: no value of {read[0]} meets all that is asked of it.")
        # A column that is looked up is aimed at through the one that it is looked up by.
        for link in table.dependencies:
            asked_of = groups.pop(link.target, None)
            if asked_of is not None:
                source = groups.get(link.source, np.ones(len(link.table), dtype=np.uint16))
                groups[link.source] = source & asked_of[link.table]
                if not groups[link.source].any():
                    raise SpecError(f"where={expression!r}: no learnt row meets all that is asked of it.")
        written = f"coalesce((\n{expression}\n), false)"  # a comment ends with its line
        return cls(written, aimed(table, written, groups, expression))

    def given(self, n: int) -> dict[int, Given]:
        """What is known of n rows, by position of the column."""
        return known_as(self.groups, n)


def _kept(table: TableModel, column: str) -> str:
    """What to say of a column of which some values were learnt and are not kept."""
    protected = any(each.column == column for each in table.protected)
    return " Values that too few rows share are not kept; fit the model with --public to keep them." * protected


@dataclass(frozen=True)
class _Some:
    """Some values of every code of a column.

    Attributes:
        codec: of the column.
        name: of the column.
        values: those of one code after those of another, as many of each.
    """

    codec: ColumnCodec
    name: str
    values: pa.Array

    @classmethod
    def of(cls, codec: ColumnCodec, name: str) -> Self:
        """All values, where every code is one."""
        codes = np.repeat(np.arange(codec.size, dtype=np.uint16), 1 if codec.exact else TRIES)
        return cls(codec, name, codec.decode(codes, Rows(0, len(codes)), Key(0).child(WHERE)))

    def meets(self, asked: str, constants: Sequence[str]) -> NDArray[np.bool_]:
        """Which codes have values that meet a condition on the column, shape (codes,).

        Args:
            asked: the condition.
            constants: in it; a single value may be hard to meet by chance.
        """
        found = np.array(self._true(asked, self.values).reshape(self.codec.size, -1).any(axis=1))
        for constant in () if self.codec.exact else constants:
            try:
                one = sql.evaluate(constant, {self.name: self.values.slice(0, 1)}, WHERE).cast(self.values.type)
                inside = sql.truth(
                    f"{constant} between low and high", pa.table({k: [v] for k, v in self._ends.items()}), WHERE
                )
                if inside.all() and self._true(asked, one).all():
                    found[given_codes(self.codec, one).known.values] = True
            except (RowsmithError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
                continue  # it is a number beside a text, or the like
        return found

    @property
    def seen(self) -> str:
        """What values the column has, for a message."""
        if self.codec.ordered:
            return f"{self.name} goes from {self._ends['low']} to {self._ends['high']}."
        values = self.values.drop_null().to_pylist()
        return f"{self.name} is one of {', '.join(map(str, values[:SHOWN]))}{', …' * (len(values) > SHOWN)}."

    @property
    def _ends(self) -> dict[str, Any]:
        plain = self.values.dictionary_decode() if pa.types.is_dictionary(self.values.type) else self.values
        ends = pc.min_max(plain)
        return {"low": ends["min"].as_py(), "high": ends["max"].as_py()}

    def _true(self, asked: str, values: pa.Array) -> NDArray[np.bool_]:
        return sql.truth(f"coalesce(({asked}), false)", {self.name: values}, WHERE)
