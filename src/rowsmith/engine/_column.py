"""One column of some rows: settings by group and by SQL, correlation, the cast and the nulls around a sampler."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.errors import RowsmithError, SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.values import Sql
from rowsmith.samplers._distribution import Distribution
from rowsmith.spec.model import ColumnSpec

Given = Mapping[str, pa.Array]


def draw(column: ColumnSpec, rows: Rows, key: Key, given: Given, scores: NDArray[np.float64] | None) -> pa.Array:
    """Values of a column as its sampler makes them, before the cast and the nulls.

    Args:
        column: how it is made.
        rows: which rows.
        key: random stream of the column in these rows.
        given: the columns and parameters that it reads.
        scores: uniform numbers that its quantiles are taken at, if it is correlated with others, shape (n,).

    Raises:
        SpecError: the settings do not allow it.
    """
    if not column.by or rows.n == 0:
        return _sample(column.sampler, rows, key, given, scores)
    return _by_group(column, rows, key, given, scores)


@contextmanager
def located(column: ColumnSpec) -> Iterator[None]:
    """Faults inside get the column's path, unless they have that of another column, which this one needs."""
    try:
        yield
    except RowsmithError as fault:
        message = str(fault)
        if message.startswith(("tables.", "truth.")):
            raise
        joint = "." if "=" in message.split(" ")[0] else ": "
        raise type(fault)(f"{column.path}{joint}{message}") from None


def finish(column: ColumnSpec, values: pa.Array, key: Key, given: Given) -> pa.Array:
    """The values cast to the column's type, some of them missing."""
    if column.digits is not None:
        values = _rounded(column, values, column.digits)
    if column.cast is not None:
        values = _cast(column, values, column.cast)
    if pa.types.is_interval(values.type) and not column.hidden:
        raise SpecError(
            f"{column.path}: gives a calendar interval, which files do not hold; hide it, or give a number of days, such as "
            "date_diff('day', a, b)."
        )
    if isinstance(column.null, Sql):
        chance = sql.evaluate(column.null.expression, given or {"": pa.nulls(len(values))}, f"{column.path}.null")
        if pa.types.is_boolean(chance.type):
            return with_nulls(values, chance.fill_null(False).to_numpy(zero_copy_only=False))
        share: float | NDArray[np.float64] = chance.cast(pa.float64()).fill_null(0.0).to_numpy()
    else:
        share = float(column.null)
        if share == 0:
            return values
    return with_nulls(values, key.child("null").generator().random(len(values)) < share)


def _sample(sampler: ColumnSampler, rows: Rows, key: Key, given: Given, scores: NDArray[np.float64] | None) -> pa.Array:
    sampler = resolved(sampler, given)
    if scores is not None:
        assert isinstance(sampler, Distribution), "the spec's check lets only these be correlated"
        return pa.array(sampler.quantile(scores))
    return sampler.sample(rows, key, given)


def resolved(sampler: ColumnSampler, given: Given) -> ColumnSampler:
    """The sampler with the numbers of each row, shape (n,), in the place of SQL."""
    computed = {name: value.expression for name, value in vars(sampler).items() if isinstance(value, Sql)}
    if not computed:
        return sampler
    fields = {name: _numbers(expression, given, name) for name, expression in computed.items()}
    return dataclasses.replace(sampler, **fields)  # type: ignore[type-var]  # each is a dataclass


def _numbers(expression: str, given: Given, name: str) -> NDArray[np.float64]:
    values = sql.evaluate(expression, given, name)
    if values.null_count:
        raise SpecError(f"{name}={expression!r}: is null in {values.null_count} rows; expected a number in each.")
    try:
        return values.cast(pa.float64()).to_numpy()  # type: ignore[no-any-return]
    except pa.ArrowInvalid:
        raise SpecError(f"{name}={expression!r}: gives {values.type}; expected numbers.") from None


def _by_group(column: ColumnSpec, rows: Rows, key: Key, given: Given, scores: NDArray[np.float64] | None) -> pa.Array:
    """Every group of rows by the sampler of its levels; streams are the groups' own, so that no group moves another."""
    parts, order = [], []
    for level, members, sampler in groups(column, rows.n, given):
        part = {name: array.take(pa.array(members)) for name, array in given.items()}
        inside = scores[members] if scores is not None else None
        parts.append(_sample(sampler, Rows(rows.first, len(members)), key.child("by", *level), part, inside))
        order.append(members)
    if len({part.type for part in parts}) > 1 and all(not pa.types.is_dictionary(part.type) for part in parts):
        parts = [part.cast(pa.float64()) for part in parts]  # whole numbers in one group, fractions in another
    back = np.empty(rows.n, dtype=np.int64)
    back[np.concatenate(order)] = np.arange(rows.n)
    return pa.concat_arrays(parts).take(pa.array(back))


def groups(
    column: ColumnSpec, n: int, given: Given
) -> Iterator[tuple[tuple[str, ...], NDArray[np.int64], ColumnSampler]]:
    """Rows with the same levels of the columns in `by`: the levels, the rows' places, and the sampler that they have.

    Raises:
        SpecError: rows are of no group, and the column has no settings for others.
    """
    combined, levels = np.zeros(n, dtype=np.int64), []
    for name in column.by:
        coded = given[name].cast(pa.string()).dictionary_encode(null_encoding="encode")
        levels.append(coded.dictionary.to_pylist())
        combined = combined * max(len(levels[-1]), 1) + coded.indices.to_numpy()
    found, start = np.unique(np.sort(combined), return_index=True)
    order = np.argsort(combined, kind="stable")
    for code, members in zip(found.tolist(), np.split(order, start[1:]), strict=True):
        level: list[str] = []
        for options in reversed(levels):
            code, place = divmod(code, len(options))
            level.insert(0, str(options[place]))
        if not column.others and tuple(level) not in column.groups:
            found_in = ", ".join(f"{name}={value}" for name, value in zip(column.by, level, strict=True))
            raise SpecError(f"by: there are rows with {found_in}; add the level, or give its settings outside of `by`.")
        yield tuple(level), members, column.groups.get(tuple(level), column.sampler)


def _rounded(column: ColumnSpec, values: pa.Array, digits: int) -> pa.Array:
    if not pa.types.is_floating(values.type):
        raise SpecError(f"{column.path}.round={digits}: values of type {values.type} are no floating-point numbers.")
    whole = pc.round(pc.multiply(values, float(10**digits)), round_mode="half_to_even")
    return pc.divide(whole, float(10**digits))  # the nearest number to the decimal, as a person would have typed it


def _cast(column: ColumnSpec, values: pa.Array, wanted: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(values.type) and not pa.types.is_dictionary(wanted):
        values = values.dictionary_decode()
    try:
        if pa.types.is_floating(values.type) and pa.types.is_integer(wanted):
            values = pc.round(values, round_mode="half_to_even")
        elif pa.types.is_floating(values.type) and pa.types.is_decimal(wanted):
            values = pc.round(values, ndigits=wanted.scale, round_mode="half_to_even")
        elif pa.types.is_integer(values.type) and pa.types.is_decimal(
            wanted
        ):  # Arrow makes room for any whole number first
            values = values.cast(pa.decimal128(38, min(wanted.scale, 19)))
        elif pa.types.is_timestamp(values.type) and pa.types.is_date(wanted):
            return values.cast(wanted, safe=False)
        return values.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        reason = str(fault).splitlines()[0].rstrip(".")
        raise SpecError(f"{column.path}.as: values of type {values.type} do not fit {wanted} ({reason}).") from None


def counts(column: ColumnSpec, values: pa.Array) -> NDArray[np.int64]:
    """How many rows each value asks for: rounded, none where it is negative or null."""
    try:
        if pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
            values = pc.round(values, round_mode="half_to_even")
        found: NDArray[np.int64] = values.cast(pa.int64()).fill_null(0).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise SpecError(f"{column.path}: gives {values.type}; expected numbers of rows.") from None
    return np.maximum(found, 0)


def with_nulls(values: pa.Array, missing: NDArray[np.bool_]) -> pa.Array:
    """The values, null where missing, shape (n,)."""
    if not missing.any():
        return values
    if pa.types.is_dictionary(values.type):
        return pa.DictionaryArray.from_arrays(with_nulls(values.indices, missing), values.dictionary)
    return pc.if_else(pa.array(missing), pa.scalar(None, values.type), values)
