"""How many rows of each class are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from rowsmith.augment._change import Ints
from rowsmith.augment._subject import Subject, text
from rowsmith.core.errors import DataError, SpecError


@dataclass(frozen=True)
class Wanted:
    """Rows that each class has and shall have.

    Attributes:
        codes: class of each row by number, -1 for none, shape (rows,).
        levels: the classes.
        counts: rows of each, shape (classes,).
        goal: rows that each shall have, shape (classes,).
    """

    codes: Ints
    levels: pa.Array
    counts: Ints
    goal: Ints

    @property
    def lacking(self) -> list[tuple[int, int]]:
        """Classes that have too few rows, and how many they lack."""
        more = self.goal - self.counts
        return [(int(code), int(more[code])) for code in np.flatnonzero(more > 0)]


def wanted(subject: Subject, target: str, to: Any, *, fewer: bool = False) -> Wanted:
    """How many rows of each class are wanted.

    Args:
        subject: the table.
        target: the column of classes.
        to: a number, `{class: number}`, a share of the largest class (of the smallest, times the number, if `fewer`), or None.
        fewer: whether rows are left out and not made.

    Raises:
        DataError: there are no rows with a class.
        SpecError: no such column or class, or a number that cannot be reached this way.
    """
    codes, levels = subject.labels(target)
    if not len(levels):
        if subject.n:
            raise DataError(f"target={target!r}: has no values; name a column of classes.")
        return Wanted(codes, levels, np.zeros(0, np.int64), np.zeros(0, np.int64))
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    goal = counts.copy()
    if isinstance(to, Mapping):
        for name, n in to.items():
            goal[subject.level(target, levels, name, f"to.{text(name)}")] = _number(n, f"to.{text(name)}")
    elif to is None:
        goal[:] = counts.min() if fewer else counts.max()
    elif isinstance(to, float) and not to.is_integer() and not fewer:
        if not 0 < to < 1:
            raise SpecError(
                f"to={to:g}: expected a whole number of rows, or a share of the most frequent class below 1."
            )
        goal = np.maximum(counts, round(to * int(counts.max())))
    else:
        goal[:] = _number(to, "to")
    wrong = goal > counts if fewer else goal < counts
    if wrong.any():
        # with one number for all, the feasible one is that of the class that is farthest off
        worst = np.flatnonzero(wrong)[np.argmax(np.abs(goal - counts)[wrong])]
        name, ends = text(levels[int(worst)].as_py()), "at most" if fewer else "at least"
        feasible = counts.min() if fewer else counts.max()
        least = int(counts[worst] if isinstance(to, Mapping) else feasible)
        why = "leaves rows out, it makes none" if fewer else "makes rows, it leaves none out"
        raise SpecError(
            f"to: {int(goal[worst]):,} rows of {target}={name!r} are wanted, which has {int(counts[worst]):,}, and this change "
            f"{why}; expected {ends} {least:,}."
        )
    return Wanted(codes, levels, counts, goal)


def _number(n: Any, where: str) -> int:
    if isinstance(n, bool) or not isinstance(n, int | float) or n < 0 or n != int(n):
        raise SpecError(f"{where}={n!r}: expected a whole number of rows from 0.")
    return int(n)
