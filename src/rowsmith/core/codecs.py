"""Codecs of whole columns: what every kind of column has in common is handled here, once.

A kind sees typed values without nulls. Around its codec stands a `ColumnCodec`, which gives nulls their code, parses
text of one form and prints it again, and takes dictionaries apart and puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core import text
from rowsmith.core.errors import DataError, RowsmithError, SpecError
from rowsmith.core.permutation import Numbers
from rowsmith.core.protocols import COLUMN_KINDS, MAX_CODES, CodeArray, Codec, ColumnKind, Rows
from rowsmith.core.rng import Key
from rowsmith.core.schema import Column, arrow_type
from rowsmith.core.settings import build, settings_of
from rowsmith.core.shield import FEW, Sharing, Shielding, Units, Whole, fewest, scarce
from rowsmith.core.state import State
from rowsmith.core.text import Form

SHARES = ("ends", "rare")
"""Settings of column kinds that say how many rows must share what is kept."""


@dataclass(frozen=True)
class ColumnCodec(Codec):
    """The codec of a column as it stands in a table.

    Attributes:
        name: of the column, for messages.
        inner: codec of the kind, of typed values without nulls; None where the column has no value at all.
        type: Arrow type of the column.
        form: how values are printed, where the column is text of one form.
        nullable: whether code 0 is null.
    """

    name: str
    inner: Codec | None
    type: pa.DataType
    form: Form | None
    nullable: bool

    @property
    def size(self) -> int:  # type: ignore[override]
        """How many codes there are."""
        return 1 if self.inner is None else self.inner.size + self.nullable

    @property
    def ordered(self) -> bool:  # type: ignore[override]
        """Whether neighbouring codes are neighbouring values."""
        return self.inner is not None and self.inner.ordered

    @property
    def exact(self) -> bool:  # type: ignore[override]
        """Whether every code stands for one value."""
        return self.inner is None or self.inner.exact

    def encode(self, values: pa.Array) -> CodeArray:
        """Codes of values, shape (rows,)."""
        codes = np.zeros(len(values), dtype=np.uint16)
        if self.inner is None:
            return codes
        plain = plain_values(self.name, values, self.type, self.form)
        valid = plain.is_valid().to_numpy(zero_copy_only=False)
        codes[valid] = self.inner.encode(plain.drop_null()) + np.uint16(self.nullable)
        return codes

    def decode(self, codes: CodeArray, rows: Rows, key: Key) -> pa.Array:
        """Values of codes, of the column's type."""
        if self.inner is None:
            return pa.nulls(len(codes), self.type)
        # Null rows are decoded too and then blanked, so that a row's number, not its neighbours, makes its key.
        inner_codes = codes - np.minimum(codes, 1) if self.nullable else codes
        if pa.types.is_dictionary(self.type) and self.inner.exact:
            return self._levels(codes, inner_codes, key)
        plain = self.inner.decode(inner_codes, rows, key)
        return self.shown(blank(plain, codes == 0) if self.nullable else plain)

    def at(self, codes: CodeArray, numbers: Numbers) -> pa.Array:
        """Values of rows by number, none of which is null."""
        assert self.inner is not None, "there are no values"
        return self.shown(self.inner.at(codes - np.uint16(self.nullable), numbers))

    def counts(self) -> NDArray[np.int64] | None:
        """How many values each code can stand for; none for null."""
        if self.inner is None:
            return np.zeros(1, dtype=np.int64)
        inside = self.inner.counts()
        return inside if inside is None or not self.nullable else np.insert(inside, 0, 0)

    def point(self, codes: CodeArray, places: NDArray[np.int64]) -> pa.Array:
        """Values at places of codes, none of which is null."""
        assert self.inner is not None, "there are no values"
        return self.shown(self.inner.point(codes - np.uint16(self.nullable), places))

    def shown(self, plain: pa.Array) -> pa.Array:
        """Typed values as they stand in the table."""
        return shown_values(plain, self.type, self.form)

    def _levels(self, codes: CodeArray, inner_codes: CodeArray, key: Key) -> pa.Array:
        """A dictionary that is the same for every batch: its levels are the codes."""
        assert self.inner is not None
        every = np.arange(self.inner.size, dtype=np.uint16)
        levels = self.inner.decode(every, Rows(0, len(every)), key).cast(self.type.value_type)
        mask = pa.array(codes == 0) if self.nullable else None
        indices = pa.array(inner_codes.astype(np.int64)).cast(self.type.index_type)
        if mask is not None:
            indices = pc.if_else(mask, pa.scalar(None, indices.type), indices)
        return pa.DictionaryArray.from_arrays(indices, levels, ordered=self.type.ordered)

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same codec."""
        return {
            "name": self.name,
            "inner": None if self.inner is None else self.inner.state(),
            "type": str(self.type),
            "form": None if self.form is None else dict(self.form),
            "nullable": self.nullable,
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Not for use: what is inside depends on the kind; see `load_codec`."""
        raise NotImplementedError("use load_codec")


@dataclass(frozen=True)
class LearntColumn:
    """A column as it is learnt.

    Attributes:
        codec: of its values.
        codes: those of its rows, shape (rows,); any, where the value is hidden.
        hidden: rows whose value is one that too few share, so that one of a row like theirs is to be learnt, shape (rows,).
        levels: distinct values that are not kept, for too few rows share them.
        rows: how many rows had one.
        made_up: whether others stand in their place.
    """

    codec: ColumnCodec
    codes: CodeArray
    hidden: NDArray[np.bool_]
    levels: int = 0
    rows: int = 0
    made_up: bool = False


def learn_column(
    name: str,
    column: Column,
    values: pa.Array,
    key: Key,
    units: Units | None = None,
    owners: NDArray[np.int64] | None = None,
) -> LearntColumn:
    """Learn the codes of a column, and code its rows.

    Args:
        name: of the column.
        column: kind, type, form and settings.
        values: the column, of the schema's type (if it says one) or of one that can be cast to it.
        key: random stream of the column.
        units: entities of the rows, where these belong to some: as many must share what is kept as else rows, shape (rows,).
        owners: the row that each value is of, where some rows have that of another, shape (rows,): the codes are those of the
            rows with one of their own, for nobody is counted twice.

    Raises:
        DataError: a value is not of the schema's type, or the values cannot be of this kind.
        SpecError: no such kind, or a wrong setting.
    """
    where = f"columns.{name}"
    kind = kind_of(where, column)
    target = arrow_type(column.type or str(values.type), f"{where}.type")
    plain = plain_values(name, values, target, column.form)
    there = plain.is_valid().to_numpy(zero_copy_only=False)
    nullable = not there.all()
    if owners is not None:
        there = there & (owners == np.arange(len(plain)))
    valid = plain.filter(pa.array(there))
    hidden, codes = np.zeros(len(plain), dtype=bool), np.zeros(len(plain), dtype=np.uint16)
    if len(valid) == 0:
        return LearntColumn(ColumnCodec(name, None, target, column.form, True), codes, hidden)
    if _keeps_values(kind) and scarce(there, _sharing(column, kind), units):
        levels = len({repr(value) for value in valid.to_pylist()})  # any type, nested ones too
        return LearntColumn(ColumnCodec(name, None, target, column.form, True), codes, hidden, levels, len(valid))
    try:
        whole = Whole.of(len(plain), units)
        units = None if units is None else units[there]
        # Of many entities few are few, however few have a value; of a small table's, the share of those with one tells more.
        small = whole.entities is not None and fewest(FEW, whole.entities) < FEW
        among = Whole.of(len(plain), units) if small else whole
        shield = kind.shielded(valid, key.child("shield"), units, among) if isinstance(kind, Shielding) else None
        kept, of_kept = valid, units
        if shield is not None:
            if shield.hidden.all():
                none = ColumnCodec(name, None, target, column.form, True)
                return LearntColumn(none, codes, hidden, shield.levels, shield.rows)
            valid, hidden[there] = shield.values, shield.hidden
            kept, of_kept = valid.filter(pa.array(~shield.hidden)), None if units is None else units[~shield.hidden]
        if isinstance(kind, Sharing) and (of_kept is not None or len(valid) < len(plain)):
            inner = kind.fit_shared(kept, column.form, key, of_kept, whole)
        else:
            inner = kind.fit(kept, column.form, key)
    except DataError as fault:
        raise DataError(f"column {name!r}: {fault}") from None
    codec = ColumnCodec(name, inner, target, column.form, nullable)
    assert 1 <= codec.size <= MAX_CODES, f"{column.kind} made {codec.size} codes"
    if column.public and not inner.exact and not shares_of(column.kind):
        raise _makes_anew(where, column.kind)
    codes[there] = inner.encode(valid) + np.uint16(codec.nullable)
    if owners is not None:
        codes, hidden = codes[owners], hidden[owners]
    if shield is None:
        return LearntColumn(codec, codes, hidden)
    return LearntColumn(codec, codes, hidden, shield.levels, shield.rows, not hidden.any())


def kind_of(where: str, column: Column) -> ColumnKind:
    """The kind of a column, with its settings.

    Args:
        where: the path of the column, for the message.
        column: of a schema.

    Raises:
        SpecError: no such kind, or a wrong setting.
    """
    try:
        kind = COLUMN_KINDS.load(column.kind)
    except SpecError as fault:
        raise SpecError(f"{where}.kind: {fault}") from None
    return build(kind, _settings(column), where)


def check_public(where: str, column: Column) -> None:
    """Refuse a column whose values may be known to all, and are made anew.

    Args:
        where: the path of the column, for the message.
        column: of a schema.

    Raises:
        SpecError: its kind keeps no value.
    """
    if column.public and COLUMN_KINDS.load(column.kind).anew:
        raise _makes_anew(where, column.kind)


def _makes_anew(where: str, kind: str) -> SpecError:
    return SpecError(
        f"{where}.public: the kind {kind!r} makes its values anew; leave `public` out, or take a kind that keeps values, such as category."
    )


def fit_codec(name: str, column: Column, values: pa.Array, key: Key, units: Units | None = None) -> ColumnCodec:
    """Learn the codes of a column; as `learn_column`, but for the codes of its rows."""
    return learn_column(name, column, values, key, units).codec


def _settings(column: Column) -> Mapping[str, Any]:
    """Settings of a column's kind; with which none of its values is protected, if these may be known to all."""
    return {**dict.fromkeys(shares_of(column.kind), 1), **column.settings} if column.public else column.settings


def _keeps_values(kind: ColumnKind) -> bool:
    """Whether a kind keeps something of the values as it is, other than levels that were declared."""
    return not kind.anew and not getattr(kind, "levels", ())


def _sharing(column: Column, kind: ColumnKind) -> int:
    """Rows that must share what is kept of a column, as its settings say."""
    said = [int(getattr(kind, name)) for name in shares_of(column.kind)]
    return 1 if column.public else min(said, default=FEW)


def shares_of(kind: str) -> tuple[str, ...]:
    """Settings of a column kind that say how many rows must share what is kept; none for one that protects nothing."""
    return tuple(name for name in SHARES if name in settings_of(COLUMN_KINDS.load(kind)))


def load_codec(kind: str, state: State) -> ColumnCodec:
    """The codec that `learn_column` made, from its state.

    Args:
        kind: name of the column kind.
        state: what `ColumnCodec.state` returned.
    """
    inner = None if state["inner"] is None else COLUMN_KINDS.load(kind).codec.from_state(state["inner"])
    target = arrow_type(state["type"])
    return ColumnCodec(state["name"], inner, target, state["form"], bool(state["nullable"]))


def plain_values(name: str, values: pa.Array, target: pa.DataType, form: Form | None) -> pa.Array:
    """Values as a kind sees them: of the schema's type, dictionaries resolved, text of one form parsed.

    Args:
        name: of the column, for the message.
        values: any array that can be cast to the type without loss.
        target: the schema's type.
        form: how the values are printed.

    Raises:
        DataError: a value is not of the type, or not of the form.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_dictionary(target):
        target = target.value_type
    if values.type != target:
        values = _cast(name, values, target, form)
    if pa.types.is_large_string(target) or pa.types.is_string_view(target):
        return values.cast(pa.string())
    if not _by_form(target, form):
        return values
    try:
        return text.parse(values, form or {})
    except (pa.ArrowInvalid, ValueError, RowsmithError):
        odd = _first_odd(values, lambda one: text.parse(one, form or {}))
        raise DataError(f"column {name!r}: the value {odd!r} is not of the form {dict(form or {})}.") from None


def shown_values(plain: pa.Array, target: pa.DataType, form: Form | None) -> pa.Array:
    """Typed values as they stand in a table: the inverse of `plain_values`."""
    if _by_form(target, form):
        plain = text.show(plain, form or {})  # after the nulls, which a form may print as a word
    if pa.types.is_dictionary(target):
        return plain.dictionary_encode().cast(target)
    return plain if plain.type == target else plain.cast(target)


def blank(values: pa.Array, mask: np.ndarray[Any, Any]) -> pa.Array:
    """The values with nulls where the mask is true."""
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values) if mask.any() else values


def coalesced(there: pa.Array, others: pa.Array) -> pa.Array:
    """The values, and others where they are null, in the type of the latter."""
    if not pa.types.is_dictionary(others.type):
        return pc.coalesce(there.cast(others.type), others)
    plain = [values.cast(others.type.value_type) for values in (there, others)]
    levels = pa.chunked_array(plain).unique()  # a level that was not learnt may be there
    levels = levels.drop_null()
    codes = pc.index_in(pc.coalesce(*plain), levels)
    return pa.DictionaryArray.from_arrays(codes.cast(others.type.index_type), levels, ordered=others.type.ordered)


def _by_form(target: pa.DataType, form: Form | None) -> bool:
    """Whether a column is text that a form turns into typed values. The JSON of mixed values stays text."""
    return form is not None and pa.types.is_string(target) and form.get("as") != "json"


def _cast(name: str, values: pa.Array, target: pa.DataType, form: Form | None) -> pa.Array:
    def convert(array: pa.Array) -> pa.Array:
        is_text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
        if form is not None and is_text and not pa.types.is_string(target):
            array = text.parse(array.cast(pa.string()), form)
        elif form is not None and not is_text and pa.types.is_string(target):
            return text.show(array, form)
        return array.cast(target)

    try:
        return convert(values)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, ValueError, RowsmithError):
        odd = _first_odd(values, convert)
        raise DataError(
            f"column {name!r}: the value {odd!r} is not of the schema's type {target}; "
            f"correct the data, or give the column another type."
        ) from None


def _first_odd(values: pa.Array, convert: Any) -> Any:
    """The first value that cannot be converted, found by halving."""
    low, high = 0, len(values)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            convert(values.slice(low, middle - low))
        except (pa.ArrowException, ValueError, RowsmithError):
            high = middle
        else:
            low = middle
    return values[low].as_py() if len(values) else None
