"""Keys and unique groups that do not hold by the way rows are made: looked at in all rows before anything is committed.

Workers make 128-bit hashes of the keys of every chunk; whoever drives them puts the hashes of all chunks together. That two
keys of a billion have one hash by chance has a probability of 2e-21.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.rowhash import complete, row_hashes
from rowsmith.spec.keys import UniqueGroup
from rowsmith.spec.model import Spec

Keys = Mapping[str, NDArray[np.uint64]]
"""Hashes of some rows, shape (n, 2) each, by table and number of its group, `orders/0`; of a row with a null, zeros."""


def keys_of(spec: Spec, tables: Mapping[str, pa.RecordBatch], schemas: Mapping[str, pa.Schema]) -> Keys:
    """The hashes of rows that are to be checked.

    Args:
        spec: how they are made.
        tables: rows by table.
        schemas: the types of the whole tables, which a chunk's may differ from.
    """
    out = {}
    for name, groups in spec.checked.items():
        if name not in tables or name not in schemas:  # of another family, or the rows are to tell the types
            continue
        for number, group in enumerate(groups):
            columns = [_cast(tables[name][c], schemas[name].field(c).type) for c in group.columns]
            hashes = row_hashes(columns, 2)
            hashes[(hashes == 0).all(axis=1)] = 1
            hashes[~complete(columns)] = 0
            out[f"{name}/{number}"] = hashes
    return out


def joined(parts: Sequence[Keys]) -> Keys:
    """The hashes of rows that follow one another."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: np.concatenate([part[name] for part in parts if name in part]) for name in names}


def to_bytes(keys: Keys) -> bytes:
    """Hashes as they are kept in a file."""
    out = io.BytesIO()
    np.savez(out, **keys)  # type: ignore[arg-type]  # its other arguments are not names of tables
    return out.getvalue()


def from_bytes(data: bytes) -> Keys:
    """The inverse of `to_bytes`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


@dataclass
class _Seen:
    """Hashes of rows so far: as they came, and their first words in order, in runs each longer than the next."""

    rows: list[NDArray[np.uint64]] = field(default_factory=list)
    runs: list[NDArray[np.uint64]] = field(default_factory=list)

    def known(self, ordered: NDArray[np.uint64]) -> bool:
        """Whether one of some first words, in order, came before."""
        return any((run[np.searchsorted(run, ordered).clip(max=len(run) - 1)] == ordered).any() for run in self.runs)

    def add(self, hashes: NDArray[np.uint64], ordered: NDArray[np.uint64]) -> None:
        """Add rows, and the first words of those that count, in order."""
        self.rows.append(hashes)
        while self.runs and len(self.runs[-1]) <= len(ordered):
            ordered = np.sort(np.concatenate([self.runs.pop(), ordered]), kind="stable")  # merges what is in order
        if len(ordered):
            self.runs.append(ordered)


@dataclass(frozen=True)
class KeyCheck:
    """Looks at the keys of all rows; 24 bytes a row are held for each group that is not unique by construction.

    >>> from rowsmith.spec.model import Spec
    >>> column = {"kind": "normal", "mean": 5, "as": "integer"}
    >>> spec = Spec(tables={"t": {"rows": 3, "primary_key": "a", "columns": {"a": column}}})
    >>> check, schemas = KeyCheck(spec), {"t": pa.schema({"a": pa.int64()})}
    >>> for values in ([7, 8], [7]):  # doctest: +ELLIPSIS
    ...     check.add(keys_of(spec, {"t": pa.record_batch({"a": values})}, schemas))
    Traceback (most recent call last):
    rowsmith.core.errors.SpecError: tables.t.primary_key (a): rows 1 and 3 are the same there. ...
    """

    spec: Spec
    found: dict[str, _Seen] = field(default_factory=dict)

    def add(self, keys: Keys) -> None:
        """Add the keys of rows, chunk after chunk in order, before they are written.

        Raises:
            SpecError: two rows are the same, or one lacks a value of a primary key.
        """
        for name, hashes in keys.items():
            table, _, number = name.rpartition("/")
            group, seen = self.spec.checked[table][int(number)], self.found.setdefault(name, _Seen())
            missing = ~hashes.any(axis=1)
            if group.primary and missing.any():
                row = sum(map(len, seen.rows)) + int(np.argmax(missing)) + 1
                raise SpecError(
                    f"{group}: row {row:,} has no value there, and a key has one in every row; make the column so that it "
                    "is never null, or leave it out of the key."
                )
            ordered = np.sort(hashes[~missing, 0])
            if (ordered[1:] == ordered[:-1]).any() or seen.known(ordered):
                _refuse(group, np.concatenate([*seen.rows, hashes]))
            seen.add(hashes, ordered)


def check_parts(spec: Spec, files: Iterable[bytes | None]) -> None:
    """Look at the keys of all rows, from the files that were left of every part, in order.

    Raises:
        SpecError: as `KeyCheck.add`.
    """
    check = KeyCheck(spec)
    for data in files if spec.checked else ():
        assert data is not None, "a part leaves its keys before its note"
        check.add(from_bytes(data))


def _refuse(group: UniqueGroup, hashes: NDArray[np.uint64]) -> None:
    """Refuse rows if some are the same, and not only in the first word of their hashes."""
    _, first, back = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    same = (first[back.ravel()] < np.arange(len(hashes))) & hashes.any(axis=1)
    if not same.any():
        return
    second = int(np.argmax(same))
    raise SpecError(
        f"{group}: rows {first[back.ravel()[second]] + 1:,} and {second + 1:,} are the same there. Groups of the kinds "
        "category, boolean, integer, date and reference are made different, as long as nothing else bounds them; add a "
        "column that tells rows apart (an id, a position), make fewer rows, or leave the group out."
    )


def _cast(values: pa.Array, wanted: pa.DataType) -> pa.Array:
    return values if values.type == wanted else values.cast(wanted)
