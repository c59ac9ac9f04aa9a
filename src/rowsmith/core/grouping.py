"""Which columns say that rows belong together: events of an entity in the order of their time, items of a basket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.matching import codes_of, together


@dataclass(frozen=True, kw_only=True)
class EventOrder:
    """What makes a table one of sequences: rows of an entity in the order of their time.

    >>> EventOrder.from_document({"entity": "patient", "time": "at"}, "sequence").columns
    {'time': ('at',), 'entity': ('patient',)}
    """

    time: str
    """Column of the time."""
    entity: tuple[str, ...] = ()
    """Columns that say to which entity a row belongs; none where all rows are of one series."""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns, by what they say."""
        return {"time": (self.time,), "entity": self.entity}

    @property
    def may_lack(self) -> tuple[str, ...]:
        """Columns that need not be there in every row."""
        return ()

    def without(self, part: str) -> str:
        """What is wrong with a row without one of them."""
        what = "has no time" if part == "time" else "belongs to no entity"
        return f"what {what} has no place in a sequence"

    def document(self) -> dict[str, Any]:
        """Plain values, as a schema has them."""
        return {**_names("entity", self.entity), "time": self.time}

    @classmethod
    def from_document(cls, document: Any, where: str) -> EventOrder:
        """The inverse of `document`.

        Raises:
            SpecError: the document is none.
        """
        known(expect(document, dict, where), ("entity", "time"), where)
        time = expect(document.get("time"), str, f"{where}.time")
        return cls(time=time, entity=_listed(document, "entity", where))


@dataclass(frozen=True, kw_only=True)
class BasketLines:
    """What makes a table one of baskets: a row for each item of a basket.

    >>> BasketLines.from_document({"id": "receipt", "item": "product"}, "basket").columns
    {'id': ('receipt',), 'item': ('product',), 'entity': (), 'time': ()}
    """

    id: str
    """Column that says to which basket a row belongs."""
    item: str
    """Column of the item."""
    entity: tuple[str, ...] = ()
    """Columns that say whose baskets they are; none where customers are not known. A single one may be missing: a basket without it is
    that of a customer of its own, whom nobody knows."""
    time: str | None = None
    """Column of the time of the basket, where customers are known; without one, baskets of a customer stand in their order."""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns, by what they say."""
        time = () if self.time is None else (self.time,)
        return {"id": (self.id,), "item": (self.item,), "entity": self.entity, "time": time}

    @property
    def may_lack(self) -> tuple[str, ...]:
        """Columns that need not be there in every row."""
        return self.entity if len(self.entity) == 1 else ()

    def unknown(self, table: pa.Table) -> NDArray[np.bool_]:
        """Rows of which the customer is not known, though it is asked for, shape (rows,)."""
        gone = [table[name].is_null().to_numpy() for name in self.may_lack]
        return np.asarray(np.any([np.zeros(table.num_rows, dtype=bool), *gone], axis=0))

    def customers(self, table: pa.Table) -> NDArray[np.int64]:
        """Number of the customer of each row, shape (rows,); a basket of nobody known, or of which it is not asked, has one of its own.

        >>> lines = BasketLines(id="receipt", item="product", entity=("who",))
        >>> lines.customers(pa.table({"receipt": [1, 2, 2, 3, 4], "who": ["a", None, None, None, "a"]})).tolist()
        [0, 1, 1, 2, 0]
        """
        baskets = entity_numbers(table, (*self.entity, self.id))
        if not self.entity:
            return baskets
        both = {"who": entity_numbers(table, self.entity), "basket": np.where(self.unknown(table), baskets, -1)}
        return entity_numbers(pa.table(both), tuple(both))

    def without(self, part: str) -> str:
        """What is wrong with a row without one of them."""
        words = {
            "id": "belongs to no basket",
            "item": "says nothing of one",
            "entity": "is nobody's",
            "time": "has no time",
        }
        return f"a line without it {words[part]}"

    def document(self) -> dict[str, Any]:
        """Plain values, as a schema has them."""
        time = {} if self.time is None else {"time": self.time}
        return {"id": self.id, "item": self.item, **_names("entity", self.entity), **time}

    @classmethod
    def from_document(cls, document: Any, where: str) -> BasketLines:
        """The inverse of `document`.

        Raises:
            SpecError: the document is none.
        """
        known(expect(document, dict, where), ("id", "item", "entity", "time"), where)
        names = {name: expect(document.get(name), str, f"{where}.{name}") for name in ("id", "item")}
        time = expect(document["time"], str, f"{where}.time") if "time" in document else None
        return cls(**names, entity=_listed(document, "entity", where), time=time)


def check_grouping(groups: Mapping[str, EventOrder | BasketLines | None], columns: Mapping[str, Any]) -> None:
    """Check what groups the rows of a table, by the name of the entry.

    Raises:
        SpecError: there is more than one, or one names a column that is not there.
    """
    there = {entry: group for entry, group in groups.items() if group is not None}
    if len(there) > 1:
        raise SpecError(f"{' and '.join(there)}: a table is one of them; leave one out.")
    for entry, group in there.items():
        for part, names in group.columns.items():
            for name in names:
                if columns and name not in columns:
                    raise SpecError(f"{entry}.{part}: there is no column {name!r}{suggest(name, columns)}")


def check_columns(table: pa.Table, group: EventOrder | BasketLines, where: str) -> None:
    """Check that the columns are there and complete.

    Args:
        table: the rows.
        group: which columns they are.
        where: beginning of a message.

    Raises:
        DataError: a row lacks one of them.
        SpecError: there is no such column, or one is named twice.
    """
    named = [(part, name) for part, names in group.columns.items() for name in names]
    for part, name in named:
        if name not in table.column_names:
            raise SpecError(f"{where}.{part}: there is no column {name!r}{suggest(name, table.column_names)}")
    if len({name for _, name in named}) < len(named):
        raise SpecError(f"{where}: names a column twice; expected another one for each of {', '.join(group.columns)}.")
    for part, name in named:
        gone = np.flatnonzero(table[name].is_null().to_numpy())
        if len(gone) and (name not in group.may_lack or len(gone) == table.num_rows):
            raise DataError(
                f"column {name!r}: is missing in {len(gone):,} of {table.num_rows:,} rows (the first is row {gone[0] + 1:,}): "
                f"{group.without(part)}; fill it in, or take these rows out."
            )


def entity_numbers(table: pa.Table, entity: Sequence[str]) -> NDArray[np.int64]:
    """Number of each row's entity, by the order in which they are seen first, shape (rows,).

    Args:
        table: the rows.
        entity: columns that say whose they are; none if all are of one.

    Raises:
        SpecError: there is no such column.

    >>> entity_numbers(pa.table({"who": ["b", "a", "b"]}), ["who"]).tolist()
    [0, 1, 0]
    """
    for name in entity:
        if name not in table.column_names:
            raise SpecError(f"entity={name!r}: there is no such column{suggest(name, table.column_names)}")
    group = together([codes_of(table[name]) for name in entity], table.num_rows)
    first = np.unique(group, return_index=True)[1]
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[group])


def _names(entry: str, names: tuple[str, ...]) -> dict[str, Any]:
    return {} if not names else {entry: names[0] if len(names) == 1 else list(names)}


def _listed(document: Mapping[str, Any], entry: str, where: str) -> tuple[str, ...]:
    found = document.get(entry, [])
    return tuple(expect(n, str, f"{where}.{entry}") for n in (found if isinstance(found, list) else [found]))


def expect(value: Any, kind: type[dict[Any, Any]] | type[str], where: str) -> Any:
    """The value, if it is a text or a mapping, whichever is expected.

    Raises:
        SpecError: it is not.
    """
    if not isinstance(value, kind):
        name = "text" if kind is str else "a mapping"
        raise SpecError(f"{where}={value!r}: expected {name}.")
    return value


def known(document: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    """Check that a mapping has no other entries.

    Raises:
        SpecError: it has.
    """
    for name in document:
        if name not in names:
            raise SpecError(f"{where}.{name}: no such entry{suggest(name, names)}")
