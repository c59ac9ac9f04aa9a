"""What a model does not keep of a column."""

from __future__ import annotations

from dataclasses import dataclass

from rowsmith.core.codecs import LearntColumn


@dataclass(frozen=True)
class Protected:
    """What was left out of a column, since too few rows share it.

    Attributes:
        column: its name.
        levels: how many distinct values.
        rows: how many rows had one of them.
        made_up: whether others were made up in their place; else the rows got the values of rows like them.
    """

    column: str
    levels: int
    rows: int
    made_up: bool = False


def protected_of(column: LearntColumn) -> Protected:
    """What was left out of a column that was learnt; no rows if nothing was."""
    return Protected(column.codec.name, column.levels, column.rows, column.made_up)
