"""Random walks and first-order autoregressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.protocols import ColumnSampler, Rows
from rowsmith.core.rng import Key
from rowsmith.core.values import Number, require
from rowsmith.samplers._forms import ordered


@dataclass(frozen=True, kw_only=True)
class Walk(ColumnSampler):
    """Numbers that go on from row to row: start + drift · row + d, where d is phi · d of the row before + a step.

    With phi = 1 it is a random walk; with less, noise around a line that it returns to (an AR(1) process).
    """

    start: Number = 0.0
    """First value."""
    sd: Number = 1.0
    """Standard deviation of a step, at least 0."""
    drift: Number = 0.0
    """What is added from each row to the next."""
    phi: float = 1.0
    """Share of the distance from the line that stays from row to row: greater than -1, at most 1."""
    within: str | None = None
    """Column of group ids: each group has a walk of its own, in the order of its rows. Without it, all rows are one."""
    min: Number | None = None
    """Least value: the walk is reflected there."""
    max: Number | None = None
    """Greatest value: the walk is reflected there."""

    def __post_init__(self) -> None:
        for name in ("start", "drift", "min", "max"):
            require(self, name)
        require(self, "sd", least=0)
        require(self, "phi", above=-1, most=1)
        ordered(self, "min", "max")
        ordered(self, "min", "start", "max", strictly=False)
        if self.within == "":
            raise SpecError("within='': expected the name of a column.")

    @property
    def type(self) -> pa.DataType:
        """float64."""
        return pa.float64()

    @property
    def reads(self) -> tuple[str, ...]:
        """The column of group ids, if any."""
        return () if self.within is None else (self.within,)

    def sample(self, rows: Rows, key: Key, given: Mapping[str, pa.Array]) -> pa.Array:
        """Walk down the rows; each batch of rows that is made at once begins anew. A row without a group has no value."""
        steps = key.generator().standard_normal(rows.n)
        sd: Any = self.sd
        steps *= sd
        if self.within is None or rows.n == 0:
            return pa.array(self._path(steps, np.zeros(min(rows.n, 1), dtype=np.intp), None))
        ids = given[self.within]
        groups = pc.fill_null(ids.dictionary_encode().indices, -1).to_numpy(zero_copy_only=False)
        order = None if (groups[1:] >= groups[:-1]).all() else np.argsort(groups, kind="stable")
        sorted_groups = groups if order is None else groups[order]
        firsts = np.flatnonzero(np.append(True, sorted_groups[1:] != sorted_groups[:-1]))
        values = self._path(steps, firsts, order)
        return pa.array(values, mask=groups < 0 if ids.null_count else None)

    def _path(self, steps: NDArray[np.float64], firsts: NDArray[np.intp], order: NDArray[np.intp] | None) -> Any:
        """The walks.

        Args:
            steps: shape (n,).
            firsts: where groups begin, once rows are in order.
            order: row numbers, group by group; None if they are already.
        """
        n = len(steps)
        settings: tuple[Any, ...] = self.start, self.drift, self.min, self.max
        start, drift, low, high = (v if order is None or np.ndim(v) == 0 else v[order] for v in settings)
        if order is not None:
            steps = steps[order]
        sizes = np.diff(np.append(firsts, n))
        steps[firsts] = 0.0
        path = self._filtered(steps, firsts, sizes)
        if np.ndim(start):
            path += np.repeat(start[firsts], sizes)
        else:
            path += start
        if np.ndim(drift):
            total = np.cumsum(drift)
            path += total - np.repeat(total[firsts], sizes)
        elif drift != 0:
            path += drift * (np.arange(n) - np.repeat(firsts, sizes))
        path = _reflected(path, low, high)
        if order is None:
            return path
        out = np.empty(n)
        out[order] = path
        return out

    def _filtered(self, steps: NDArray[np.float64], firsts: NDArray[np.intp], sizes: NDArray[np.intp]) -> Any:
        """Steps added up with what stays of those before: over all rows at once, then less what came before a group."""
        from scipy import signal

        n = len(steps)
        if n == 0 or self.phi == 0:
            return steps
        path = np.cumsum(steps) if self.phi == 1 else signal.lfilter([1.0], [1.0, -self.phi], steps)
        if len(firsts) > 1:
            before = np.repeat(path[firsts], sizes)
            path -= before if self.phi == 1 else before * self.phi ** (np.arange(n) - np.repeat(firsts, sizes))
        return path


def _reflected(path: Any, low: Any, high: Any) -> Any:
    """The path folded between bounds: for steps as likely up as down, the law of a walk that bounces off them."""
    if low is not None and high is not None:
        width = high - low
        return low + (width - np.abs(np.mod(path - low, 2 * width) - width))
    if low is not None:
        return low + np.abs(path - low)
    return path if high is None else high - np.abs(path - high)
