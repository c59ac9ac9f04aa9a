"""A column that a formula says: it is computed, not learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.codecs import blank, coalesced
from rowsmith.core.computed import flags, typed, value
from rowsmith.core.schema import Column, arrow_type
from rowsmith.core.shield import FEW, Units, scarce
from rowsmith.core.state import State
from rowsmith.learn._numbers import FEWEST, NEARLY, half_of, places_of
from rowsmith.learn._ties import Columns, Part, Tie, column_of, quoted, state_of

DIGITS = 9
"""After the point, to which a part of a sum is worked out."""
NEAR = 1e-9
"""Relative distance within which a float is what the formula says."""


@dataclass(frozen=True)
class Derived(Tie):
    """The column is an expression over others.

    As a rule that comes out null holds, it may also be missing where the expression has a value, and have one where the
    expression has none; both are learnt where real rows show them. A habit is a formula that most rows keep, no rule: which
    rows break it is learnt too, unless they are so few that they would point at somebody.

    Attributes:
        column: that is computed.
        expression: SQL over other columns.
        kind: how the column is learnt where the expression has no value.
        missing: whether real rows lack it where the expression has a value.
        own: whether real rows have it where the expression has none.
        broken: whether some rows break it.
    """

    form = "derived"
    column: str
    expression: str
    kind: Column
    missing: bool = False
    own: bool = False
    broken: bool = False

    @classmethod
    def of(cls, column: str, expression: str, kind: Column, rows: Columns) -> Self:
        """The tie that real rows show, of a rule.

        Raises:
            pa.ArrowInvalid: what the expression gives has no place in the column.
        """
        tie = cls(column, expression, kind)
        found, real = tie._computed(rows), rows[column]
        missing = flags(pc.and_(found.is_valid(), real.is_null())).any()
        own = flags(pc.and_(found.is_null(), real.is_valid())).any()
        return cls(column, expression, kind, bool(missing), bool(own))

    @classmethod
    def habit(cls, column: str, expression: str, kind: Column, rows: Columns, units: Units | None = None) -> Self:
        """The tie that real rows show, of a formula that some of them break.

        Args:
            column: that is computed.
            expression: SQL over other columns.
            kind: how the column is learnt where the formula does not say it.
            rows: real rows.
            units: entities of the rows, if they belong to some.

        Raises:
            pa.ArrowInvalid: it says too few of the values, or what it gives has no place in the column.
        """
        tie = cls.of(column, expression, kind, rows)
        keeps, real = tie._keeps(rows), rows[column]
        both = flags(pc.and_(tie._computed(rows).is_valid(), real.is_valid()))
        rare = both & ~_usual(real)
        if rare.sum() < FEWEST or keeps[rare].mean() < NEARLY:
            raise pa.ArrowInvalid("of two columns that are mostly 0 each is mostly the other one: that is no formula")
        return replace(tie, broken=not scarce(~keeps, FEW, units))

    @property
    def reads(self) -> tuple[str, ...]:
        """What the expression reads."""
        return sql.references(self.expression, self.column)

    @property
    def learns(self) -> Mapping[str, Column]:
        """Whether it is missing, whether it breaks the formula, and its value where the formula does not say it; what happens."""
        said = [name for name, happens in ((self._missing, self.missing), (self._breaks, self.broken)) if happens]
        found = {name: Column(kind="boolean", type="bool") for name in said}
        return found | ({self._own: self.kind} if self.own or self.broken else {})

    @property
    def says_missing(self) -> str | None:
        """Where real rows lack it."""
        return self._missing if self.missing else None

    def split(self, rows: Columns) -> dict[str, Part]:
        """See `learns`."""
        found, real = self._computed(rows), rows[self.column]
        none, out = flags(found.is_null()), {}
        if self.missing:
            out[self._missing] = Part.of(real.is_null()).lent(none, self._missing)
        if self.broken:  # of the few that break it alone, values would be kept that point at somebody: all are learnt
            out[self._breaks] = Part.of(pa.array(~self._keeps(rows)))
            out[self._own] = Part.of(real).lent(flags(real.is_null()) & ~none, self._own)
        elif self.own:
            out[self._own] = Part.of(real).lent(~none, self._own)
        return out

    def join(self, rows: Columns) -> pa.Array:
        """Compute it."""
        found = self._computed(rows)
        values = blank(found, flags(rows[self._missing])) if self.missing else found
        if not self.own and not self.broken:
            return values
        others = flags(found.is_null()) if self.own else np.zeros(len(found), dtype=bool)
        if self.broken:
            others |= flags(rows[self._breaks]) & flags(values.is_valid())
        return pc.if_else(pa.array(others), rows[self._own], values)

    def state(self) -> State:
        """Plain values."""
        return state_of(self)

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse."""
        return cls(**column_of(state))

    def agrees(self, rows: Columns, slack: float = 0.0) -> NDArray[np.bool_]:
        """Rows in which the column is what the formula says, or one of the two has no value; shape (n,).

        Args:
            rows: real rows.
            slack: what a fraction may differ by.
        """
        found, real = self._computed(rows), rows[self.column]
        both = flags(pc.and_(found.is_valid(), real.is_valid()))
        if pa.types.is_floating(real.type):
            a, b = (np.asarray(v.to_numpy(zero_copy_only=False)) for v in (found, real))
            with np.errstate(invalid="ignore"):
                same = np.abs(a - b) <= slack + NEAR * np.abs(b) + NEAR**1.5 * np.nanmax(np.abs(b), initial=0.0)
        else:
            same = flags(pc.equal(found, real))
        return np.asarray(same | ~both)

    def solved(self, rows: Columns) -> dict[str, pa.Array]:
        """Columns that a sum is of, where one of them is missing and the sum and the others are there: they follow."""
        out = dict(rows)
        signs = _summands(sql.tree(self.expression, self.column))
        for name, sign in signs.items():
            rest = " ".join(
                f"{'-' if s == sign else '+'} {quoted(other)}" for other, s in signs.items() if other != name
            )
            sum_ = f"{'' if sign > 0 else '-'}{quoted(self.column)} {rest}"
            found = typed(value(sum_, out, name), out[name].type)
            if pa.types.is_floating(found.type):  # the last digits of a difference say nothing
                found = pc.round(found, ndigits=DIGITS)
            out[name] = coalesced(out[name], found)
        return {name: out[name] for name in signs}

    @property
    def _missing(self) -> str:
        return f"{self.column}#missing"

    @property
    def _own(self) -> str:
        return f"{self.column}#own"

    @property
    def _breaks(self) -> str:
        return f"{self.column}#breaks"

    def _keeps(self, rows: Columns) -> NDArray[np.bool_]:
        """Rows that keep the formula, see `agrees`; of halves of the last digit, some are rounded up and others to even."""
        plain = _unrounded(sql.tree(self.expression, self.column))
        if plain is None or not pa.types.is_floating(rows[self.column].type):
            return self.agrees(rows)
        return replace(self, expression=plain).agrees(rows, half_of(places_of(rows[self.column])))

    def _computed(self, rows: Columns) -> pa.Array:
        return typed(value(self.expression, rows, self.column), arrow_type(self.kind.type))


def _unrounded(node: Any) -> str | None:
    """What an expression rounds; None for one that does not."""
    rounds = node.get("function_name") == "round" and len(node.get("arguments", [])) == 2
    return sql.written(node["arguments"][0]["expression"]) if rounds else None


def _usual(values: pa.Array) -> NDArray[np.bool_]:
    """Rows that have the most frequent value, shape (n,)."""
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    codes = plain.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
    counts = np.bincount(codes, minlength=2)
    return np.asarray(codes == 1 + counts[1:].argmax())


def _summands(node: Any, sign: int = 1) -> dict[str, int]:
    """Columns that an expression adds, 1, or takes away, -1; none if it does anything else, or has one of them twice."""
    if node["class"] == "COLUMN_REF":
        return {node["column_names"][0]: sign} if len(node["column_names"]) == 1 else {}
    children = [each["expression"] for each in node.get("arguments", [])]
    if node.get("function_name") == "round" and len(children) == 2:
        return _summands(children[0], sign)
    if node.get("function_name") not in ("+", "-") or len(children) != 2:
        return {}
    left = _summands(children[0], sign)
    right = _summands(children[1], sign if node["function_name"] == "+" else -sign)
    return left | right if left and right and not left.keys() & right.keys() else {}
