"""Rows that something reports one by one, gathered into columns: for worlds whose events come from processes, as in simpy."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rowsmith.core.errors import SpecError
from rowsmith.simulate._world import Emission


class Record:
    """What happened since it was taken last.

    >>> record = Record()
    >>> record.add("visits", at=0.5), record.add("visits", at=0.7)
    (0, 1)
    >>> record.take()
    {'visits': {'at': [0.5, 0.7]}}
    >>> record.add("visits", at=0.9), record.take()
    (2, {'visits': {'at': [0.9]}})
    """

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._rows: dict[str, dict[str, list[Any]]] = {}

    def add(self, table: str, **row: Any) -> int:
        """Add a row to a table.

        Returns:
            Its number in the run, from 0, for columns that point to it.

        Raises:
            SpecError: it has not the columns of the rows before.
        """
        columns = self._rows.setdefault(table, {name: [] for name in row})
        if columns.keys() != row.keys():
            odd = sorted(columns.keys() ^ row.keys())
            raise SpecError(f"a row of {table} was reported with other columns than the one before ({', '.join(odd)}).")
        for name, value in row.items():
            columns[name].append(value)
        self._numbers[table] += 1
        return self._numbers[table] - 1

    def take(self) -> Emission:
        """All rows since the last time, as a part of a run emits them."""
        rows, self._rows = self._rows, {}
        return rows
