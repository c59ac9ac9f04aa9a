"""Two or three tables of any types as arrays that can be compared: numbers, times and levels, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.core.persons import are_names
from rowsmith.evaluate._counters import SPAN, filled, filled_shapes, filled_texts

Kind = Literal["number", "time", "category"]

FEW = 20
"""With fewer distinct values, a column is no identifier, however unique."""
NEARLY_UNIQUE = 0.5
"""Text with at least this share of distinct values identifies rows: it cannot be learnt, only copied or made anew."""
SHARED = 0.05
"""Share of distinct values from which on texts of which no real one comes back were made anew: an address that twenty rows share."""
COUNTER = "a counter that differs in every row"
ANEW = "its synthetic values are all new"
LONG = 1e8
"""Whole numbers from this on may be telephones, cards or accounts."""
_SECONDS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_TEXT_NOTE = "the columns are of different nature ({}); they are compared as text."


@dataclass(frozen=True)
class Feature:
    """What is known of a column of all tables.

    Attributes:
        name: of the column.
        kind: number, time (seconds since 1970, UTC) or category.
        whole: whether all numbers are whole.
        levels: values of a category, the most frequent real one first.
        identifier: why the column cannot be compared, as it only names rows; else empty.
        chance: of names, how often a guess hits one: share of the numbers in their range, or of the texts of their shapes, that occur.
    """

    name: str
    kind: Kind
    whole: bool = False
    levels: tuple[str, ...] = ()
    identifier: str = ""
    chance: float = 0.0

    @property
    def counted(self) -> bool:
        """Whether the names count, so that a value says nothing of its row and may come back."""
        return self.identifier == COUNTER


@dataclass(frozen=True)
class Columns:
    """The columns of one table as arrays.

    Attributes:
        arrays: one a feature, shape (n,): float64 with NaN for null, or int32 places in the levels with -1 for null.
        n: rows.
    """

    arrays: tuple[NDArray[Any], ...]
    n: int

    def take(self, rows: NDArray[Any]) -> Columns:
        """Some rows, by number or by mask."""
        n = int(rows.sum()) if rows.dtype == bool else len(rows)
        return Columns(tuple(a[rows] for a in self.arrays), n)

    def take_or_null(self, rows: NDArray[np.int64]) -> Columns:
        """Some rows by number; where it is less than 0, nulls."""
        gone = rows < 0
        if self.n == 0:
            none = (np.full(len(rows), -1 if a.dtype.kind == "i" else np.nan).astype(a.dtype) for a in self.arrays)
            return Columns(tuple(none), len(rows))
        found = self.take(np.where(gone, 0, rows))
        nulls = (np.where(gone, -1 if a.dtype.kind == "i" else np.nan, a).astype(a.dtype) for a in found.arrays)
        return Columns(tuple(nulls), len(rows))

    def pick(self, places: Sequence[int]) -> Columns:
        """Some columns."""
        return Columns(tuple(self.arrays[i] for i in places), self.n)


@dataclass(frozen=True)
class Aligned:
    """Tables with the same columns.

    Attributes:
        features: the common columns, in the real table's order.
        tables: arrays of each table, by its role (real, synthetic, holdout).
        notes: what was left out or changed for the comparison.
    """

    features: tuple[Feature, ...]
    tables: Mapping[str, Columns]
    notes: tuple[str, ...]


def align(tables: Mapping[str, pa.Table]) -> Aligned:
    """Bring tables to their common columns and to common types.

    Args:
        tables: by role; "real" comes first.

    Raises:
        DataError: a table has no rows, or they have no column in common.
    """
    for role, table in tables.items():
        if table.num_rows == 0:
            raise DataError(f"the {role} table has no rows; there is nothing to compare.")
    real = tables["real"]
    common = [n for n in real.column_names if all(n in t.column_names for t in tables.values())]
    if not common:
        raise DataError(
            "the tables have no column in common: "
            + "; ".join(f"{role} has {_some(t.column_names)}" for role, t in tables.items())
            + ". Give the columns the same names."
        )
    notes = []
    lacking: dict[str, list[str]] = {}
    for name in dict.fromkeys(n for t in tables.values() for n in t.column_names if n not in common):
        where = " and ".join(role for role, t in tables.items() if name not in t.column_names)
        lacking.setdefault(where, []).append(name)
    for where, names in lacking.items():
        notes.append(f"Not compared, as it is missing in {where}: {_some(names)}.")
    features, columns = [], []
    for name in common:
        feature, arrays, note = _column(name, {role: t[name] for role, t in tables.items()})
        features.append(feature)
        columns.append(arrays)
        if note:
            notes.append(f"{_quote(name)}: {note}")
    parts = {role: Columns(tuple(c[role] for c in columns), t.num_rows) for role, t in tables.items()}
    return Aligned(tuple(features), parts, tuple(notes))


def unlike(tables: Mapping[str, pa.Table]) -> str:
    """Why tables hardly are the same one, as one of them lacks most of the real one's columns; empty if they may be.

    Args:
        tables: by role; "real" comes first.
    """
    real = tables["real"].column_names
    for role, table in tables.items():
        lacking = [name for name in real if name not in table.column_names]
        if 2 * len(lacking) > len(real):
            return (
                f"The tables do not look like the same table: of the {len(real):,} columns of the real one, the {role} one "
                f"lacks {_some(lacking)}. What they share says nothing of the whole."
            )
    return ""


def _column(name: str, values: Mapping[str, pa.ChunkedArray]) -> tuple[Feature, dict[str, NDArray[Any]], str]:
    plain = {role: _decoded(v) for role, v in values.items()}
    natures = {_nature(v.type) for v in plain.values()} - {"null"}
    note = ""
    if natures == {"flag", "number"}:
        plain = {r: v.cast(pa.int8()) if pa.types.is_boolean(v.type) else v for r, v in plain.items()}
        natures = {"number"}
    elif len(natures) == 2 and "text" in natures:
        other = next(v.type for v in plain.values() if _nature(v.type) not in ("text", "null"))
        read = {r: _read(v, other) if _nature(v.type) == "text" else v for r, v in plain.items()}
        if all(v is not None for v in read.values()):
            note = f"text in one table, {other} in another; the text was read as {other}."
            plain, natures = {r: v for r, v in read.items() if v is not None}, natures - {"text"}
    if natures == {"text"} and plain["real"].null_count < len(plain["real"]):
        moments = {r: _read(v, pa.timestamp("us")) for r, v in plain.items()}
        if all(v is not None for v in moments.values()):  # dates that a file or a database holds as text
            plain, natures = {r: v for r, v in moments.items() if v is not None}, {"time"}
    if len(natures) > 1:
        note, natures = _TEXT_NOTE.format(", ".join(str(v.type) for v in plain.values())), {"text"}
    nature = next(iter(natures), "text")
    if nature in ("number", "time", "span"):
        arrays: dict[str, NDArray[Any]] = {r: _floats(v) for r, v in plain.items()}
        if any(np.isinf(a).any() for a in arrays.values()):
            note = " ".join(
                [note, "holds infinities; they count in shapes and ranks, but not in correlations."]
            ).strip()
        return _line_feature(name, "time" if nature == "time" else "number", arrays, plain["real"].type), arrays, note
    levels, arrays = _coded({r: _texts(v) for r, v in plain.items()})
    codes = arrays["real"][arrays["real"] >= 0]
    distinct = len(np.unique(codes))
    if distinct < max(FEW, NEARLY_UNIQUE * len(codes)):
        why = ANEW if _made_anew(arrays, arrays["synthetic"] >= 0, SHARED) or _other_persons(levels, arrays) else ""
        return Feature(name, "category", levels=levels, identifier=why), arrays, note
    texts = [levels[i] for i in codes]
    chance = filled_texts(texts) if distinct == len(codes) else 0.0
    why = COUNTER if chance >= 1 / SPAN else "nearly every value differs"
    chance = chance if why == COUNTER else max(chance, filled_shapes(texts))
    return Feature(name, "category", levels=levels, identifier=why, chance=chance), arrays, note


def _line_feature(name: str, kind: Kind, arrays: Mapping[str, NDArray[Any]], of: pa.DataType) -> Feature:
    finite = {r: a[np.isfinite(a)] for r, a in arrays.items()}
    whole = kind == "number" and all(bool((a == np.floor(a)).all()) for a in finite.values())
    real = arrays["real"]
    numbered = whole and pa.types.is_integer(of) and len(real) >= FEW and len(finite["real"]) == len(real)
    chance = filled(real) if numbered else 0.0
    why = COUNTER if chance >= 1 / SPAN else ""
    # Of numbers, only a long one in every row can be somebody's: all others are measured, and must be compared.
    if whole and len(finite["real"]) and finite["real"].min() == finite["real"].max() >= LONG:
        why = ANEW if _made_anew(finite, finite["synthetic"] >= 0, np.inf) else ""
    return Feature(name, kind, whole=whole, identifier=why, chance=chance)


def _made_anew(arrays: Mapping[str, NDArray[Any]], valid: NDArray[np.bool_], unique: float) -> bool:
    """Whether a column was invented rather than learnt: no synthetic value is one that could be learnt, and they differ too much.

    Too much: they are many where the real value is always the same; or the real ones are many, and of the synthetic ones
    a share of at least `unique` differs.
    """
    made = np.unique(arrays["synthetic"][valid])
    known = np.unique(arrays["real"])
    distinct = len(np.unique(arrays["real"][arrays["real"] >= 0]))
    many = distinct == 1 or (distinct >= FEW and len(made) >= unique * valid.sum())
    return bool(many and len(made) >= FEW and not np.isin(made, known).any())


def _other_persons(levels: Sequence[str], arrays: Mapping[str, NDArray[np.int32]]) -> bool:
    """Whether persons are named by all tables, however few, and by the synthetic one none of the real ones."""
    named = {role: np.unique(codes[codes >= 0]) for role, codes in arrays.items() if role in ("real", "synthetic")}
    if np.isin(named["synthetic"], named["real"]).any():
        return False
    return all(are_names(pa.array([levels[i] for i in codes], pa.string())) for codes in named.values())


def _decoded(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values


def _nature(kind: pa.DataType) -> str:
    if pa.types.is_null(kind):
        return "null"
    if pa.types.is_boolean(kind):
        return "flag"
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return "number"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "time"
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        return "span"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    return f"other {kind}"


def _read(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    """Text as another type, if all of it can be read so."""
    nature = _nature(kind)
    target = pa.float64() if nature == "number" else pa.timestamp("us") if nature == "time" else kind
    try:
        return pc.utf8_trim_whitespace(values.cast(pa.large_string())).cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _floats(values: pa.ChunkedArray) -> NDArray[np.float64]:
    """Numbers, or seconds, as float64 with NaN for null: wide enough for any date, exact to 2**53."""
    kind = values.type
    scale = 1.0
    if pa.types.is_null(kind):
        return np.full(len(values), np.nan)
    if (
        pa.types.is_timestamp(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_time64(kind)
        or pa.types.is_time32(kind)
    ):
        scale = _SECONDS[kind.unit]
        values = values.cast(pa.int32() if pa.types.is_time32(kind) else pa.int64())
    elif pa.types.is_date32(kind):
        scale, values = 1 / 86_400, values.cast(pa.int32())
    elif pa.types.is_date64(kind):
        scale, values = 1e3, values.cast(pa.int64())
    floats = pc.fill_null(values.cast(pa.float64(), safe=False), float("nan"))
    return np.asarray(floats.to_numpy() / scale + 0.0, dtype=np.float64)  # + 0.0 makes -0.0 the same as 0.0


def _texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return values.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # lists, structs, bytes that are no text
        shown = [None if v is None else str(v) for v in values.to_pylist()]
        return pa.chunked_array([pa.array(shown, pa.large_string())])


def _coded(texts: Mapping[str, pa.ChunkedArray]) -> tuple[tuple[str, ...], dict[str, NDArray[Any]]]:
    """Levels of all tables, the most frequent real one first, and each table's places in them."""
    joined = pa.chunked_array([c for t in texts.values() for c in t.chunks], pa.large_string()).combine_chunks()
    joined = pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined
    coded = joined.dictionary_encode()
    names = np.array(coded.dictionary.to_pylist(), dtype=object)
    codes = pc.fill_null(coded.indices, -1).to_numpy().astype(np.int32)
    cuts = np.cumsum([len(t) for t in texts.values()])[:-1]
    parts = dict(zip(texts, np.split(codes, cuts), strict=True))
    real = np.bincount(parts["real"][parts["real"] >= 0], minlength=len(names))
    order = np.array(sorted(range(len(names)), key=lambda i: (-real[i], names[i])), dtype=np.int64)
    place = np.full(len(names) + 1, -1, dtype=np.int32)  # the last one serves the code -1
    place[order] = np.arange(len(names), dtype=np.int32)
    return tuple(names[order]), {role: place[part] for role, part in parts.items()}


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(map(_quote, names[:8]))
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _quote(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "…")
