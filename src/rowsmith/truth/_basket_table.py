"""Baskets out of a table, however they were written: lists, texts, or a row for each item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import DataError
from rowsmith.core.itemsets import pair_counts, presence
from rowsmith.truth._terms import kind_of, named, texts


@dataclass(frozen=True)
class Purchases:
    """Which items are in which baskets.

    Attributes:
        n: baskets, empty ones among them.
        names: of the items, in alphabetical order.
        basket: of each purchase, shape (m,); ascending.
        item: its place in `names`, shape (m,); no item is twice in a basket.
    """

    n: int
    names: tuple[str, ...]
    basket: NDArray[np.int64]
    item: NDArray[np.int64]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Baskets with each item, shape (items,)."""
        return np.bincount(self.item, minlength=len(self.names))

    def bits(self, items: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Presence of some items as bits, shape (items, words of 64 baskets)."""
        return presence(*self._of(items), self.n, len(items))

    def together(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Baskets with both of two items, shape (items, items)."""
        return pair_counts(*self._of(items), self.n, len(items))

    def _of(self, items: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Baskets and places of the purchases of some items."""
        place = np.full(len(self.names), -1)
        place[items] = np.arange(len(items))
        kept = place[self.item] >= 0
        return self.basket[kept], place[self.item[kept]]


def purchases(question: Mapping[str, Any], table: pa.Table) -> Purchases:
    """The baskets of a table.

    Args:
        question: `basket`, a column of lists, or of texts that are JSON lists or items between semicolons; or with `by`, a column that
            says which basket a row is of, a column of one item a row.
        table: it.

    Raises:
        DataError: a column is not there or of another kind, or there are no baskets.
    """
    name = question["basket"]
    column = named(table, name)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if "by" in question:
        baskets, items, n = _long(column, named(table, question["by"]))
    elif pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        baskets, items, n = _lists(column, name)
    else:
        baskets, items, n = _texts(column, name)
    if n == 0:
        raise DataError(f"{name}: there are no baskets.")
    there = np.asarray(items.is_valid().to_numpy(zero_copy_only=False))
    coded = items.filter(pa.array(there)).dictionary_encode()
    names = coded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names))
    item = rank[coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)]
    once = np.sort(baskets[there] * max(len(names), 1) + item)
    basket, item = np.divmod(once[np.diff(once, prepend=-1) > 0], max(len(names), 1))
    return Purchases(n, tuple(names[i] for i in order), basket, item)


def _long(column: pa.Array, by: Any) -> tuple[NDArray[np.int64], pa.Array, int]:
    items = texts(column)
    whose = by.combine_chunks() if isinstance(by, pa.ChunkedArray) else by
    whose = whose if pa.types.is_dictionary(whose.type) else whose.dictionary_encode()
    kept = whose.is_valid()
    codes = whose.filter(kept).indices.to_numpy(zero_copy_only=False).astype(np.int64)
    present, basket = np.unique(codes, return_inverse=True)
    return basket.astype(np.int64), items.filter(kept), len(present)


def _lists(column: pa.Array, name: str) -> tuple[NDArray[np.int64], pa.Array, int]:
    there = np.asarray(column.is_valid().to_numpy(zero_copy_only=False))
    number = np.cumsum(there) - 1
    try:
        items = texts(pc.list_flatten(column))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataError(f"{name}: expected lists of texts, and they are {kind_of(column.type)}.") from None
    return number[pc.list_parent_indices(column).to_numpy(zero_copy_only=False)], items, int(there.sum())


def _texts(column: pa.Array, name: str) -> tuple[NDArray[np.int64], pa.Array, int]:
    try:
        cells = [cell.strip() for cell in texts(column).drop_null().to_pylist()]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise DataError(f"{name}: expected lists or texts, and it is {kind_of(column.type)}.") from None
    if cells and all(cell.startswith("[") and cell.endswith("]") for cell in cells):
        try:
            lists = [[None if i is None else str(i) for i in json.loads(cell)] for cell in cells]
        except ValueError:
            raise DataError(f'{name}: expected lists in JSON, such as ["milk", "bread"].') from None
    else:
        lists = [[item.strip() or None for item in cell.split(";")] for cell in cells]
    counts = np.array([len(one) for one in lists], dtype=np.int64)
    items = pa.array([item for one in lists for item in one], pa.string())
    return np.repeat(np.arange(len(lists)), counts), items, len(lists)
