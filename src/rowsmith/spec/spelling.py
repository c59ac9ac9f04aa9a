"""Levels that a setting names and that the column it goes by never has, because one of the two is misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rowsmith.core.errors import SpecError
from rowsmith.samplers.category import Category
from rowsmith.samplers.lookup import Lookup
from rowsmith.samplers.reference import Reference
from rowsmith.spec.links import place_of
from rowsmith.spec.model import ColumnSpec, Spec, TableSpec
from rowsmith.spec.target_columns import listed_values

if TYPE_CHECKING:
    from rowsmith.spec.check import Checker

ALIKE = 0.75
"""Least ratio of `difflib` of two spellings of one word."""


def check_spelling(spec: Spec, checker: Checker) -> None:
    """Note levels of `by`, `given` and `lookup` that look like a value of the other column which is not named.

    A level that the other column does not have does no harm by itself: tables of all countries are used for some of them. But
    rows of the value that was meant would silently be made as those of no level at all.

    Args:
        spec: linked.
        checker: that notes the faults.
    """
    for table in spec.tables.values():
        for column in table.columns.values():
            for setting, read, levels in _named(column):
                for level, meant in _misspelt(levels, _values(spec, table, read)):
                    with checker.at("tables", table.name, "columns", column.name, *setting, level):
                        raise SpecError(f"{read} has no such value; did you mean {meant!r}?")


def _named(column: ColumnSpec) -> Iterator[tuple[tuple[str, ...], str, list[str]]]:
    """Settings of a column with a table by another: where, the other, and the texts in the table."""
    for place, other in enumerate(column.by):
        yield ("by", other), other, list(dict.fromkeys(key[place] for key in column.groups))
    for sampler in (column.sampler, *column.groups.values()):
        if isinstance(sampler, Lookup):
            yield ("values",), sampler.of, [level for level in sampler.values if isinstance(level, str)]
        elif isinstance(sampler, Category) and sampler.given:
            (other,) = sampler.given
            yield ("given", other), other, [level for level in sampler.levels if isinstance(level, str)]


def _values(spec: Spec, table: TableSpec, read: str) -> list[str]:
    """All that another column can be; nothing, if the spec does not list it."""
    kind, head, column = place_of(spec, table, read)
    if kind == "reference":
        pointer = table.columns[head].sampler
        head = str(pointer.table) if isinstance(pointer, Reference) else head
    there = head in spec.tables and column in spec.tables[head].columns  # not a parameter, or a place among siblings
    return (listed_values(spec.tables[head], column) if there else None) or []


def _misspelt(levels: Sequence[str], values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Levels that no value is, each with the value without a level that it is most like."""
    unnamed = {value.casefold(): value for value in values if value not in levels}
    for level in levels:
        near = difflib.get_close_matches(level.casefold(), unnamed, n=1, cutoff=ALIKE)
        if near and level not in values:
            yield level, unnamed[near[0]]
