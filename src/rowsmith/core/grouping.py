"""Which columns say that rows belong together: events of an entity in the order of their time, items of a basket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rowsmith.core.errors import SpecError, suggest


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
    """Columns that say whose baskets they are; none where customers are not known."""
    time: str | None = None
    """Column of the time of the basket, where customers are known; without one, baskets of a customer stand in their order."""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The columns, by what they say."""
        time = () if self.time is None else (self.time,)
        return {"id": (self.id,), "item": (self.item,), "entity": self.entity, "time": time}

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
