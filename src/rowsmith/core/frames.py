# mypy: disable-error-code="arg-type,unreachable,call-overload"
# (the stubs of pandas and narwhals know dtypes and backends by literal names only)
"""The border to users' frames: pandas, polars, Arrow (and whatever speaks narwhals) in; the same kind out.

Inside, a table is a `pyarrow.Table`. A column of mixed Python values (numbers and text in one pandas object column),
which Arrow has no type for, travels as the JSON of each value, marked by its form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from rowsmith.core.errors import DataError
from rowsmith.core.standins import dressed, dressed_schema, plain
from rowsmith.core.state import State
from rowsmith.core.text import form_of, json_texts, json_values, with_form
from rowsmith.core.types import parse_type

if TYPE_CHECKING:
    import pandas as pd

JSON_FORM = {"as": "json"}


@dataclass(frozen=True)
class FrameKind:
    """What kind of frame a user handed in, and so gets back.

    Attributes:
        library: name of the narwhals backend: "pandas", "polars", "pyarrow" or another.
        dtypes: for pandas, the dtype of each column as text.
        labels: for pandas, the columns' labels that are whole numbers instead of text.
        native: for polars, the frame's schema; it is not saved.
        types: Arrow types, as text, of columns that others stand for (see `core.standins`).
    """

    library: str = "pyarrow"
    dtypes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    native: Any = None
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> dict[str, pa.DataType]:
        """The types of columns that others stand for."""
        return {name: parse_type(text) for name, text in self.types.items()}

    def restore(self, table: pa.Table) -> Any:
        """A table as this kind of frame, with its dtypes and types."""
        kinds = {name: kind for name, kind in self.kinds.items() if name in table.column_names}
        if kinds:
            rows = [dressed(batch, kinds) for batch in table.combine_chunks().to_batches()]
            table = pa.Table.from_batches(rows, schema=dressed_schema(table.schema, kinds))
        if self.library == "pyarrow":
            return table
        if self.library == "pandas":
            return _to_pandas(table, self.dtypes, self.labels)
        import narwhals as nw

        frame = nw.from_arrow(table, backend=self.library).to_native()
        known = {n: self.native[n] for n in table.column_names if n in self.native} if self.native is not None else {}
        return frame.cast(known) if known else frame

    def state(self) -> State:
        """Plain values."""
        return {
            "library": self.library,
            "dtypes": dict(self.dtypes),
            "labels": dict(self.labels),
            "types": dict(self.types),
        }

    @classmethod
    def from_state(cls, state: State) -> FrameKind:
        """The inverse of `state`."""
        return cls(state["library"], state["dtypes"], state["labels"], types=state.get("types", {}))


def to_arrow(frame: Any) -> tuple[pa.Table, FrameKind]:
    """A user's frame as a table, and what kind it was.

    Args:
        frame: pandas or polars frame, Arrow table or batch, or any frame that narwhals knows.

    Raises:
        DataError: not a frame, or one with duplicated column names or values that Arrow has no type for.

    >>> table, kind = to_arrow(pa.table({"a": [1, 2]}))
    >>> kind.restore(table).num_rows
    2
    """
    table, kind = _table(frame)
    table, kinds = plain(table)
    return table, replace(kind, types={name: str(of) for name, of in kinds.items() if _is_told(of)}) if kinds else kind


def _is_told(kind: pa.DataType) -> bool:
    """Whether a type can be told by its text; a foreign extension type cannot, and what is stored of it comes back."""
    try:
        return bool(parse_type(str(kind)) == kind)
    except ValueError:
        return False


def _table(frame: Any) -> tuple[pa.Table, FrameKind]:
    if isinstance(frame, pa.RecordBatch):
        return check_names(pa.Table.from_batches([frame])), FrameKind()
    if isinstance(frame, pa.Table):
        return check_names(frame), FrameKind()
    if type(frame).__module__.partition(".")[0] == "pandas" and hasattr(frame, "dtypes"):
        return _from_pandas(frame)
    return _from_narwhals(frame)


def check_names(table: pa.Table, where: str = "the table") -> pa.Table:
    """The table, if it has columns and no two of them share a name.

    Raises:
        DataError: it has none, or some share one.
    """
    if table.num_columns == 0:
        raise DataError(f"{where}: has no columns.")
    _check_unique(table.column_names, where)
    return table


def _check_unique(names: list[str], where: str) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{where}: the column name {twice[0]!r} stands more than once; give every column its own name.")


def _from_narwhals(frame: Any) -> tuple[pa.Table, FrameKind]:
    import narwhals as nw

    try:
        native = nw.from_native(frame, eager_only=True)
    except TypeError:
        kind = f"{type(frame).__module__}.{type(frame).__qualname__}"
        raise DataError(f"expected a table (pandas, polars, Arrow); got {kind}.") from None
    library = str(native.implementation)
    return check_names(native.to_arrow()), FrameKind(library, native=frame.schema if library == "polars" else None)


def _from_pandas(frame: pd.DataFrame) -> tuple[pa.Table, FrameKind]:
    names = [str(name) for name in frame.columns]
    _check_unique(names, "the table")
    columns = [_pandas_column(name, frame[label]) for name, label in zip(names, frame.columns, strict=True)]
    table = pa.table([a for a, _ in columns], schema=pa.schema([f for _, f in columns]))
    dtypes = dict(zip(names, map(str, frame.dtypes), strict=True))
    labels = {name: label for name, label in zip(names, frame.columns, strict=True) if isinstance(label, int)}
    return check_names(table), FrameKind("pandas", dtypes, labels)


def _pandas_column(name: str, series: pd.Series[Any]) -> tuple[pa.Array, pa.Field]:
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return _mixed_column(name, series.tolist())
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return array, pa.field(name, array.type)


def _mixed_column(name: str, values: list[Any]) -> tuple[pa.Array, pa.Field]:
    values = [None if _is_missing(v) else v for v in values]
    odd = next((v for v in values if not isinstance(v, str | int | float | bool | None)), None)
    if odd is not None:
        raise DataError(
            f"column {name!r} mixes values of types that have no common form (one is a {type(odd).__name__}); "
            "turn them into numbers, text or dates first."
        )
    return json_texts(values), with_form(pa.field(name, pa.string()), JSON_FORM)


def _is_missing(value: Any) -> bool:
    return type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)


def _to_pandas(table: pa.Table, dtypes: Mapping[str, str], labels: Mapping[str, int]) -> pd.DataFrame:
    import pandas as pd

    columns = {}
    for name in table.column_names:
        values, dtype = table[name].combine_chunks(), dtypes.get(name)
        form = form_of(table.schema.field(name))
        if form is not None and form.get("as") == "json":
            series = pd.Series(json_values(values), dtype=object)
        elif dtype is not None and dtype.endswith("[pyarrow]"):
            series = pd.Series(pd.array(values, dtype=pd.ArrowDtype(values.type)))
        else:
            # Dates stay Python dates, since pandas' own clock may not hold them.
            series = values.to_pandas(date_as_object=True)
        if dtype is not None and str(series.dtype) != dtype:
            series = series.astype(dtype)
        columns[labels.get(name, name)] = series
    return pd.DataFrame(columns)
