"""What columns that are already there tell of the others: values of any like type to the codes that a learner knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.codecs import ColumnCodec
from rowsmith.core.errors import DataError, SpecError
from rowsmith.core.protocols import CodeArray, FittedLearner, Known, Rows
from rowsmith.core.rng import Key
from rowsmith.core.text import parse, show
from rowsmith.learn._dependencies import Dependency

_EXACT = 2.0**53


@dataclass(frozen=True)
class Given:
    """A column that is given.

    Attributes:
        known: its codes.
        says: in which rows they say anything, shape (rows,).
        otherwise: group of each code, shape (size,), in the other rows: those of group 1 may come; None for any.
    """

    known: Known
    says: NDArray[np.bool_]
    otherwise: CodeArray | None = None

    def part(self, rows: NDArray[np.int64]) -> Given:
        """The same for some of the rows."""
        return Given(self.known.part(rows), self.says[rows], self.otherwise)

    def filling(self) -> Given:
        """The same of a column with nulls, of code 0, where a null says that a value is wanted."""
        groups = self.known.groups
        there = np.ones(len(groups), dtype=np.uint16)
        there[0] = 0
        return Given(self.known, self.says & (self.known.values > 0), there) if len(groups) > 1 else self


def given_codes(codec: ColumnCodec, values: pa.Array) -> Given:
    """Codes of values that may lie beside those that were learnt: each that of the nearest.

    Args:
        codec: of the column.
        values: of a type like that of the column. A null says something only where the column has some, and a level
            that was never seen nothing at all.

    Raises:
        SpecError: the values are of another sort.
        DataError: a text is not of the column's form.
    """
    try:
        check_sort(codec, values.type)
    except SpecError as fault:
        raise SpecError(f"{codec.name}: {fault}") from None
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    if _sort(plain.type) != "text":
        plain = _near(plain, _typed(codec))
    codes = codec.encode(plain)
    says = np.ones(len(plain), dtype=bool) if codec.nullable else plain.is_valid().to_numpy(zero_copy_only=False)
    return Given(Known(codes, np.arange(codec.size, dtype=np.uint16)), says & _is_level(codec, plain))


def _is_level(codec: ColumnCodec, plain: pa.Array) -> NDArray[np.bool_]:
    """Whether a value is one of those of a column without order, where no other is near to it."""
    levels = not codec.ordered and codec.exact and _typed(codec) == _plain_type(codec.type)
    if not levels or pa.types.is_nested(plain.type):
        return np.ones(len(plain), dtype=bool)
    every = codec.decode(np.arange(codec.size, dtype=np.uint16), Rows(0, codec.size), Key(0))
    every = every.dictionary_decode() if pa.types.is_dictionary(every.type) else every
    return np.asarray(pc.is_in(plain.cast(every.type), value_set=every).to_numpy(zero_copy_only=False))


def check_sort(codec: ColumnCodec, kind: pa.DataType) -> None:
    """Refuse a type whose values are not like those of a column: numbers for texts, dates for numbers.

    Raises:
        SpecError: with both types.
    """
    kind, learnt = _plain_type(kind), _plain_type(codec.type)
    if not pa.types.is_null(kind) and _sort(kind) not in (_sort(learnt), _sort(_typed(codec))):
        raise SpecError(f"is of type {kind}; the model learnt it as {learnt}.")


def as_learnt(codec: ColumnCodec, values: pa.Array) -> pa.Array:
    """Values in the very type of a column, and in its form, so that they can stand in it.

    Raises:
        SpecError: the values are of another sort.
        DataError: one of them has no place in the type.
    """
    check_sort(codec, values.type)
    plain = values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
    kind, typed = _plain_type(codec.type), _typed(codec)
    try:
        if kind != typed and _sort(plain.type) != "text":
            return show(plain.cast(typed), codec.form or {})
        plain = plain.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
        raise DataError(f"a value is not of the type {kind} ({str(fault).splitlines()[0].rstrip('.')}).") from None
    return plain.dictionary_encode().cast(codec.type) if pa.types.is_dictionary(codec.type) else plain


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _typed(codec: ColumnCodec) -> pa.DataType:
    """The type of a column's values, which may stand in the table as texts of one form."""
    kind, form = _plain_type(codec.type), codec.form
    by_form = form is not None and pa.types.is_string(kind) and form["as"] != "json"
    return parse(pa.array([], pa.string()), form or {}).type if by_form else kind


def draw_codes(
    fitted: FittedLearner,
    learnt: Sequence[int],
    dependencies: Sequence[Dependency],
    n: int,
    key: Key,
    given: Mapping[int, Given],
) -> dict[int, CodeArray]:
    """Codes of n rows, by position in the table, of the columns that are learnt or looked up.

    A column that is looked up and given narrows the one that it is looked up by to the codes that lead to it. Where both
    are given and do not fit together, the latter counts.

    Args:
        fitted: draws codes of the columns in `learnt`.
        learnt: their positions in the table.
        dependencies: columns that are looked up.
        n: how many rows.
        key: random stream of these rows.
        given: columns by position in the table, n rows each.

    Raises:
        SpecError: the learner cannot draw such rows.
    """
    found: dict[int, list[Given]] = {}
    for place, position in enumerate(learnt):
        links = [link for link in dependencies if link.source == position and link.target in given]
        ways = ([given[position]] if position in given else []) + ([_narrowed(links, given)] if links else [])
        if ways:
            found[place] = ways
    if not found:
        out = dict(zip(learnt, fitted.draw(n, key), strict=True))
    else:
        out = {position: np.zeros(n, dtype=np.uint16) for position in learnt}
        for rows, chosen in _patterns(found):
            some = {place: found[place][way].known.part(rows) for place, way in chosen.items() if way >= 0}
            for place, ways in found.items():
                if chosen[place] < 0 and ways[0].otherwise is not None:
                    some[place] = Known(np.ones(len(rows), dtype=np.uint16), ways[0].otherwise)
            stream = key.child("known", *chosen.values())
            for position, codes in zip(learnt, fitted.draw(len(rows), stream, some), strict=True):
                out[position][rows] = codes
    return out | {link.target: link.apply(out[link.source]) for link in dependencies}


def _narrowed(links: Sequence[Dependency], given: Mapping[int, Given]) -> Given:
    """What is known of a column from those that are looked up by it: one group of codes for each that they can be."""
    tables = np.stack([link.table for link in links])
    values = np.stack([given[link.target].known.values for link in links])
    size = tables.shape[1]
    _, every = np.unique(np.concatenate([tables, values], axis=1), axis=1, return_inverse=True)
    kept, groups = np.unique(every[:size], return_inverse=True)
    place = np.minimum(np.searchsorted(kept, every[size:]), len(kept) - 1)
    says = np.all([given[link.target].says for link in links], axis=0) & (kept[place] == every[size:])
    return Given(Known(place.astype(np.uint16), groups.astype(np.uint16)), says)


def _patterns(found: Mapping[int, list[Given]]) -> Iterator[tuple[NDArray[np.int64], dict[int, int]]]:
    """Rows of which the same is known: for each column the first of the ways by which it is known, -1 for none."""
    chosen = []
    for ways in found.values():
        says = np.stack([way.says for way in ways])
        chosen.append(np.where(says.any(axis=0), says.argmax(axis=0), -1))
    patterns, number = np.unique(np.stack(chosen, axis=1), axis=0, return_inverse=True)
    for i, pattern in enumerate(patterns):
        yield np.flatnonzero(number == i), dict(zip(found, pattern.tolist(), strict=True))


def _sort(kind: pa.DataType) -> str:
    """What values of a type are, apart from how they are stored."""
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date"
    return "time" if pa.types.is_time(kind) else "duration" if pa.types.is_duration(kind) else str(kind)


def _near(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    """Values in another type of their sort, each the nearest."""
    try:
        return values.cast(wanted)
    except pa.ArrowInvalid:
        if _sort(wanted) != "number":
            return values.cast(wanted, safe=False)
    numbers = values.cast(pa.float64(), safe=False)
    if pa.types.is_decimal(wanted):
        top = 10.0 ** min(wanted.precision - wanted.scale, 15) - 1
        rounded = pc.round(numbers, ndigits=wanted.scale, round_mode="half_to_even")
        bounded = np.clip(rounded.to_numpy(zero_copy_only=False), -top, top)  # null is "not a number" here
        return pa.array(bounded, from_pandas=True).cast(wanted)
    if pa.types.is_floating(wanted):
        return numbers.cast(wanted, safe=False)
    range_ = np.iinfo(wanted.to_pandas_dtype())
    low, high = max(range_.min, -_EXACT), min(range_.max, _EXACT)
    missing = numbers.is_null(nan_is_null=True)
    whole = np.clip(np.rint(numbers.fill_null(0.0).to_numpy(zero_copy_only=False)), low, high)
    whole = np.where(missing.to_numpy(zero_copy_only=False), 0, whole)
    return pc.if_else(missing, pa.scalar(None, wanted), pa.array(whole.astype(np.int64)).cast(wanted))
