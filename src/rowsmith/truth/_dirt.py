"""What all injected flaws share: which rows are touched, how values are put in their place, and how a share is counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError
from rowsmith.truth._plant import Change, Finding, Z

Places = NDArray[np.int64]


def check_rate(rate: float | None, most: float) -> None:
    """See that a share is one.

    Raises:
        SpecError: it is not above 0, or beyond the most.
    """
    if rate is not None and not 0 < rate <= most:
        raise SpecError(
            f"rate={rate:g}: expected a share above 0 and at most {most:g}; the nearest is {min(max(rate, 0.001), most):g}."
        )


def check_factor(factor: float) -> None:
    """See that values change when they are multiplied by a factor.

    Raises:
        SpecError: it is 1, or no number above 0.
    """
    if not 0 < factor < np.inf or factor == 1:
        raise SpecError(f"factor={factor:g}: expected a number above 0, and not 1.")


def check_by(column: str, by: Sequence[str]) -> None:
    """See that a column follows others.

    Raises:
        SpecError: it is among them.
    """
    if column in by:
        raise SpecError(f"by={list(by)}: {column} is the column itself; expected others.")


def chance(rate: float, able: float, why: str) -> float:
    """How likely a row is touched that can be, so that the share of all is `rate`.

    Args:
        rate: share of all values.
        able: share of the values that can be changed.
        why: others cannot, as a clause.

    Raises:
        SpecError: there are too few.
    """
    if able == 0:
        raise SpecError(f"none of the values can be changed: {why}.")
    if able < rate:
        raise SpecError(f"rate={rate:g}: only {able:.3g} of the values can be changed; expected at most that: {why}.")
    return rate / able


def struck(generator: np.random.Generator, column: pa.Array, share: float) -> Places:
    """Positions of values that are hit, in order; nulls never are."""
    hit = generator.random(len(column)) < share
    return np.flatnonzero(hit & column.is_valid().to_numpy(zero_copy_only=False))


def put(column: pa.Array, where: Places, values: pa.Array, name: str = "") -> pa.Array:
    """A column with other values in some rows; its type is kept.

    Args:
        column: n values.
        where: positions, in order, shape (m,).
        values: m of them; for a dictionary column, of its values' type.
        name: of the column, for the message.

    Raises:
        DataError: a dictionary has no room for so many new values.
    """
    mask = np.zeros(len(column), dtype=bool)
    mask[where] = True
    if not pa.types.is_dictionary(column.type):
        return pc.replace_with_mask(column, pa.array(mask), values.cast(column.type))
    known = column.dictionary
    values = values.cast(known.type)
    fresh = pc.unique(values).drop_null()
    fresh = fresh.filter(pc.invert(pc.is_in(fresh, known)))
    if len(fresh) > room(column):
        raise DataError(_full(column, len(fresh), name))
    whole = pa.concat_arrays([known, fresh])
    codes = pc.index_in(values, whole).cast(column.type.index_type)
    return pa.DictionaryArray.from_arrays(pc.replace_with_mask(column.indices, pa.array(mask), codes), whole)


def room(column: pa.Array) -> float:
    """How many values a column can take up that it does not have."""
    if not pa.types.is_dictionary(column.type):
        return math.inf
    bits = column.type.index_type.bit_width - (1 if pa.types.is_signed_integer(column.type.index_type) else 0)
    return float(2**bits - len(column.dictionary))


def _full(column: pa.Array, more: int, name: str) -> str:
    """That a column of categories has no room for so many more."""
    return (
        f"{name or 'column'}: is a category of {len(column.dictionary)} values in codes of {column.type.index_type.bit_width} bits, "
        f"with no room for {more} more that are spoilt; expected text: give the column `as: text`."
    )


def fitted(column: pa.Array, clean: Sequence[str], dirty: Sequence[str], name: str = "") -> list[str]:
    """Spoilt texts of which no more are different than the column has room for: some are used again, as habits are.

    Args:
        column: that they go to.
        clean: the texts before, m of them.
        dirty: the texts after.
        name: of the column, for the message.

    Raises:
        DataError: there is no room for one of each.
    """
    kinds: dict[str, dict[str, None]] = {}
    for before, after in zip(clean, dirty, strict=True):
        kinds.setdefault(before, {})[after] = None
    left = room(column)
    if sum(map(len, kinds.values())) <= left:
        return list(dirty)
    each = int(left // len(kinds))
    if each == 0:
        raise DataError(_full(column, len(kinds), name))
    kept = {before: list(after)[:each] for before, after in kinds.items()}
    seen = {before: {text: i for i, text in enumerate(after)} for before, after in kinds.items()}
    return [kept[b][seen[b][a] % len(kept[b])] for b, a in zip(clean, dirty, strict=True)]


def replaced(
    batch: pa.RecordBatch, name: str, where: Places, dirty: pa.Array, mechanism: str | Sequence[str]
) -> tuple[pa.RecordBatch, list[Change]]:
    """A batch with other values in one column, and what was changed.

    Args:
        batch: n rows.
        name: of the column.
        where: positions, in order, shape (m,).
        dirty: m values.
        mechanism: of all, or of each.
    """
    column = batch.column(name)
    out = batch.set_column(batch.schema.names.index(name), batch.schema.field(name), put(column, where, dirty, name))
    kinds = np.array([mechanism] * len(where) if isinstance(mechanism, str) else list(mechanism), dtype=object)
    after, changes = out.column(name), []
    for kind in dict.fromkeys([mechanism] if isinstance(mechanism, str) else kinds):
        rows = where[kinds == kind]
        changes.append(Change(rows, name, column.take(pa.array(rows)), after.take(pa.array(rows)), str(kind)))
    return out, changes


def share(name: str, count: float, n: float, note: str = "") -> Finding:
    """A share with its 95 % interval, which holds for small counts too (E. B. Wilson, JASA 22, 1927).

    Args:
        name: of the fact.
        count: how many, from 0 to n.
        n: of how many; of an estimate that is less sure than a count, of how many it is worth.
        note: how it was found.
    """
    if n <= 0:
        return Finding(name=name, estimate=None, note="there are no values")
    p = float(count / n)
    middle, half = (p + Z**2 / (2 * n)), Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    low, high = ((middle - half) / (1 + Z**2 / n), (middle + half) / (1 + Z**2 / n))
    nearly = (count + 2) / (n + 4)
    error = math.sqrt(nearly * (1 - nearly) / (n + 4))
    low, high = (low if count else 0.0), (high if count < n else 1.0)
    return Finding(name=name, estimate=p, error=error, low=low, high=high, note=note)


def sure(name: str, estimate: float, error: float, note: str = "") -> Finding:
    """A share that was estimated with a standard error, with an interval like that of `share`: never below 0.

    Args:
        name: of the fact.
        estimate: from 0 to 1.
        error: its standard error.
        note: how it was found.
    """
    p = float(min(max(estimate, 0.0), 1.0))
    if not 0 < p < 1 or error <= 0:
        return Finding(name=name, estimate=p, error=error, low=max(p - Z * error, 0), high=p + Z * error, note=note)
    n = p * (1 - p) / error**2
    return share(name, p * n, n, note)


def words(column: pa.Array, where: Places) -> list[str]:
    """Texts in some rows, none of them null."""
    return list(column.take(pa.array(where)).cast(pa.string()).to_pylist())


def within(values: NDArray[np.float64], kind: pa.DataType) -> NDArray[np.float64]:
    """Numbers as a type can hold them, shape (n,): rounded where it has no such decimals, nan where they are too large."""
    if pa.types.is_floating(kind):
        return np.asarray(values.astype(kind.to_pandas_dtype()).astype(np.float64) if kind.bit_width < 64 else values)
    if pa.types.is_decimal(kind):
        out = np.round(values, kind.scale)
        most = 10.0 ** min(kind.precision - kind.scale, 15)
    else:
        out, most = np.rint(values), 2.0 ** min(kind.bit_width - (0 if pa.types.is_unsigned_integer(kind) else 1), 53)
    low = 0 if pa.types.is_unsigned_integer(kind) else -most
    return np.asarray(np.where((out >= low) & (out < most), out + 0.0, np.nan))


def fill(values: NDArray[np.float64], kind: pa.DataType) -> pa.Array:
    """Numbers that a type can hold as values of it."""
    if pa.types.is_decimal(kind):
        return pa.array([Decimal(f"{value:.{kind.scale}f}") for value in values], kind)
    if pa.types.is_floating(kind):
        return pa.array(values, pa.float64()).cast(kind)
    return pa.array(values.astype(np.int64), pa.int64()).cast(kind)


def inserted(rows: Places, copies: Places) -> Places:
    """Where rows lie once copies are put in between.

    Args:
        rows: positions among the rows before, shape (m,).
        copies: positions of the copies among all rows, in order.

    >>> inserted(np.array([0, 1, 2]), np.array([1, 2]))
    array([0, 3, 4])
    """
    return np.asarray(rows + np.searchsorted(copies - np.arange(len(copies)), rows, side="right"))
