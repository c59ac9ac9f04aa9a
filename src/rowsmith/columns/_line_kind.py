"""What all kinds on a number line have in common: their settings, their codec, and bounds that are declared."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import numpy as np
import pyarrow as pa

from rowsmith.columns._line_codec import LineCodec, fit_line
from rowsmith.core.domains import Declaring, Domain, Span
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.grid import BINS, KNOTS, Grid
from rowsmith.core.line import to_line
from rowsmith.core.protocols import ColumnKind
from rowsmith.core.rng import Key
from rowsmith.core.shield import FEW, Sharing, Units, Whole
from rowsmith.core.text import Form

Bound = int | float | str | None
WHOLE_DIGITS = 18
"""Digits of decimals that surely fit into 64 bits."""


@dataclass(frozen=True, kw_only=True)
class LineKind(ColumnKind, Declaring, Sharing):
    """Settings of a kind on a number line."""

    bins: int = BINS
    """About how many bins the column is cut into; frequent values, which have a bin of their own, come on top."""
    knots: int = KNOTS
    """At most how many pieces the law inside a bin is kept in; small bins get fewer."""
    ends: int = FEW
    """Rows that must lie at the least and the greatest drawn value, or beyond; 1 for a column that is public. Where rows belong
    to entities, as many of these must; and only values that they share are kept as they are."""
    min: Bound = None
    """The least value that there can be, if it is known without a look at the data, which is checked against it."""
    max: Bound = None
    """The greatest value that there can be."""

    codec: ClassVar[type[LineCodec]] = LineCodec

    def fit(self, values: pa.Array, form: Form | None, key: Key) -> LineCodec:
        """Cut the values into codes."""
        return self._fitted(values, None, None)

    def fit_shared(self, values: pa.Array, form: Form | None, key: Key, units: Units | None, whole: Whole) -> LineCodec:
        """The same; ends, and what is kept as it is, are those of enough entities."""
        return self._fitted(values, units, whole)

    def _fitted(self, values: pa.Array, units: Units | None, whole: Whole | None) -> LineCodec:
        for name, bound in (("min", self.min), ("max", self.max)):
            if bound is not None:
                end = _bound(name, bound, values.type)
                line = to_line(values)
                beyond = np.flatnonzero(line < to_line(end)[0] if name == "min" else line > to_line(end)[0])
                if len(beyond):
                    raise DataError(f"the value {values[int(beyond[0])].as_py()} lies beyond {name}={bound}.")
        return fit_line(values, self.bins, self.knots, self.ends, units, whole)

    def domain(self, type: pa.DataType, form: Form | None) -> Span:
        """Bounds, as far as they are declared."""
        digits = form.get("digits") if form is not None and pa.types.is_floating(type) else None
        floats = pa.types.is_floating(type) or (pa.types.is_decimal(type) and type.precision > WHOLE_DIGITS)
        lattice = True if digits is not None or not floats else None if pa.types.is_floating(type) else False
        low, high = (
            None if bound is None else to_line(_bound(name, bound, type))[0].item()
            for name, bound in (("min", self.min), ("max", self.max))
        )
        if low is not None and high is not None and low > high:
            raise SpecError(f"min={self.min}, max={self.max}: expected the least value first.")
        return Span(type, low, high, digits, lattice)

    def coded(self, domain: Domain, form: Form | None, key: Key) -> LineCodec:
        """Ranges of a line that was cut; inside each, all values are alike."""
        assert isinstance(domain, Span)
        assert domain.ends is not None, "the line was cut"
        low, high = domain.ends
        whole = low.dtype.kind == "i"
        # On a lattice, knots count its steps from the first number, and half a step belongs to it on either side.
        ends = [np.full(len(low), -0.5), (high - low) + 0.5] if whole else [low, high]
        knots = np.stack(ends, axis=1).astype(np.float64)
        return LineCodec(domain.type, domain.digits, Grid(low, high, int(whole), knots), (False, False, False))


def _bound(name: str, bound: Bound, type: pa.DataType) -> pa.Array:
    """A declared bound as an array of one value of a type.

    Raises:
        SpecError: it is none.
    """
    try:
        if pa.types.is_decimal(type):
            return pa.array([Decimal(str(bound))], type)
        if pa.types.is_time(type) and isinstance(bound, str):
            return pa.array([datetime.time.fromisoformat(bound)], type)
        return pa.array([bound]).cast(type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, ValueError, ArithmeticError):
        raise SpecError(f"{name}={bound!r}: expected a value of the column's type {type}.") from None
