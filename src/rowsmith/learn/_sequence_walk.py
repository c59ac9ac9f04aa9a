"""Rows of sequences drawn by a program of trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.state import State
from rowsmith.learn import _sequence_layout as layout
from rowsmith.learn._sequence_layout import Program

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Walk:
    """A program, as the law of rows.

    Attributes:
        program: what the compiled loop needs.
    """

    program: Program
    name: ClassVar[str] = "trees"
    note: ClassVar[str] = ""

    def draw(
        self,
        values: Floats,
        lines: Ints,
        begins: Ints,
        past: Ints,
        firsts: Ints,
        starts: Floats,
        context: Floats,
        seeds: NDArray[np.uint64],
    ) -> None:
        """Fill rows: see `_sequence_kernel.draw`."""
        from rowsmith.learn import _sequence_kernel

        matrix = np.full((len(values), self._places(context)), np.nan)
        none = np.zeros((0, 0), dtype=np.uint16)
        _sequence_kernel.draw(
            *self.program, matrix, values, begins, lines, firsts, starts, past, context, seeds, none, np.zeros(0)
        )

    def fill(
        self,
        values: Floats,
        lines: Ints,
        begins: Ints,
        context: Floats,
        seeds: NDArray[np.uint64],
        holes: NDArray[np.bool_],
        listed: NDArray[np.bool_],
    ) -> None:
        """Fill holes: see `_sequence_bridge.bridge`."""
        from rowsmith.learn import _sequence_bridge

        matrix = np.full((len(values), self._places(context)), np.nan)
        _sequence_bridge.bridge(*self.program, matrix, values, begins, lines, context, seeds, holes, listed)

    @property
    def open(self) -> Walk:
        """The same without a time after which there are no events."""
        pace = self.program.pace.copy()
        pace[layout.CLOSE] = np.inf
        return Walk(self.program._replace(pace=pace))

    def most(self, firsts: Ints) -> Ints:
        """Rows that there may be from some first times on until the close, where all entities keep one pace, shape (entities,)."""
        pace = self.program.pace
        if not pace[layout.EVERY] or np.isinf(pace[layout.CLOSE]):
            return np.full(len(firsts), np.iinfo(np.int64).max)
        room = np.maximum(pace[layout.CLOSE] - firsts, 0.0) / pace[layout.STEP]
        return np.asarray(room // pace[layout.EVERY], dtype=np.int64) + 1

    @property
    def bounds(self) -> Ints:
        """Pairs of columns of which the first is never above the second, shape (pairs, 2)."""
        p = self.program
        whose = np.repeat(np.arange(len(p.numbers)), np.diff(p.columns[:, layout.BOUND_AT]))
        above = p.bounds[:, 1] != 0
        return np.stack([np.where(above, whose, p.bounds[:, 0]), np.where(above, p.bounds[:, 0], whose)], axis=1)

    def usual(self, lines: Ints, context: Floats) -> Floats:
        """What the calendar lets expect of every column at some times, as steps are counted, shape (times, columns); 0 of codes."""
        from rowsmith.learn import _sequence_kernel

        p, n = self.program, len(lines)
        matrix = np.zeros((n, self._places(context)))
        _sequence_kernel.fill(
            *(p.columns, p.numbers, p.pace, p.zone, p.expected, matrix, np.zeros((n, len(p.numbers)))),
            *(np.arange(n + 1), lines, context),
        )
        on_line = p.columns[:-1, layout.ON_LINE].astype(bool)
        return np.where(on_line, matrix[:, p.columns[:-1, layout.HOME] + layout.EXPECTED], 0.0)

    def _places(self, context: Floats) -> int:
        return int(layout.CONTEXT + context.shape[1] + layout.BLOCK * len(self.program.numbers))

    def state(self) -> State:
        """The arrays."""
        return dict(self.program._asdict())
