"""A short series drawn as a sum: what it is around, and an autoregression about that.

A hundred points leave trees nothing. Their trend and seasons are told by a few numbers (`_sequence_smooth.py`), and what remains
by a few more: weights of its last values, and the law of shocks (`_sequence_shocks.py`). A series without seasons is around a
straight line, to which it may come back as slowly as prices do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.autoregression import filtered, fit_autoregression
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.learn._sequence_rows import Real, ordered_values
from rowsmith.learn._sequence_shocks import Shocks, fit_shocks
from rowsmith.learn._sequence_smooth import Smooth, fit_smooth
from rowsmith.learn._sequence_values import Values

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_LAGS, ROWS_A_LAG = 24, 10
"""Highest order of an autoregression, and rows for each."""
WIDEST, LARGEST = 2.0**53, 600.0
"""What a whole number may be at most, and the logarithm of any."""
LATELY = 12
"""Known rows that say how far a series is from the learnt one, where they are too few to find what it is around."""
BURN = 10
"""Orders of rows that are drawn first and thrown away, and as many rows on top as the highest order may have."""


@dataclass(frozen=True)
class Components:
    """The law of a single series of numbers at regular times.

    Attributes:
        columns: how each is turned into numbers.
        origin: time of tick 0, in units of the clock.
        step: units of a tick.
        around: what each column is around.
        ends: least and greatest number, shape (columns, 2): what a column can hold, and 0 where no real value is below.
        weights: of the last values of what remains, the nearest first, for each column.
        shocks: what comes new in each tick.
        bounds: pairs of columns of which the first is never above the second, shape (pairs, 2).
        gone: how often a value is missing after one that is there, and after one that is missing, shape (columns, 2).
    """

    columns: Sequence[Values] = field(repr=False)
    origin: int
    step: float
    around: tuple[Smooth, ...]
    ends: Floats
    weights: tuple[Floats, ...]
    shocks: Shocks
    bounds: Ints
    gone: Floats

    name: ClassVar[str] = "components"

    @property
    def note(self) -> str:
        """What a user should know of it."""
        if not any(smooth.periods for smooth in self.around):
            return ""
        return (
            "the rows are too few for trees: trend and seasons of the real series are kept, smoothed, and only what is about them "
            "is drawn (--set model=trees draws all anew)."
        )

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
        """Fill rows, as `_sequence_kernel.draw` does: see there."""
        for e, seed in enumerate(seeds):
            low, high, known = int(begins[e]), int(begins[e + 1]), int(past[e])
            anchor = max(known - 1, 0)
            begin = lines[low + anchor] if known else firsts[e]
            later = np.arange(known - anchor, high - low - anchor)
            lines[low + known : high] = begin + np.rint(later * self.step).astype(np.int64)
            ticks = np.rint((lines[low:high] - self.origin) / self.step).astype(np.int64)
            values[low + known : high] = self._rows(ticks, values[low : low + known], Key(int(seed >> 1)))

    def _rows(self, ticks: Ints, known: Floats, key: Key) -> Floats:
        """The rows after the known ones, shape (ticks - known, columns)."""
        n, past, many = len(ticks) - len(known), len(known), len(self.columns)
        rng = key.generator()
        orders = max(map(len, self.weights), default=0)
        burn = 0 if past else BURN * orders + MOST_LAGS
        before, middle = np.zeros((past, many)), np.zeros((len(ticks), many))
        for k, column in enumerate(self.columns):
            stepped = column.stepped(known[:, k])
            middle[:, k] = self._middle(k, stepped, ticks)
            rest = stepped - middle[:past, k]
            before[:, k] = np.where(np.isfinite(rest), rest, 0.0)
        shocks = self.shocks.draw(n + burn, rng, _shocks(before, self.weights))
        out = np.empty((n, many))
        for k in range(many):
            rest = filtered(shocks[:, k], self.weights[k], before[:, k])[burn:]
            out[:, k] = self._numbers(k, middle[past:, k] + rest)
        ordered_values(out, np.ones(out.shape, dtype=bool), self.bounds, self.columns)
        for k in range(many):
            if self.gone[k].any():
                out[self._missing(k, n, bool(past and np.isnan(known[-1, k])), rng), k] = np.nan
        return out

    def _middle(self, k: int, known: Floats, ticks: Ints) -> Floats:
        """What a series is around, shape (ticks,): the learnt one, or another that goes on from known rows or has holes.

        Args:
            k: of the column.
            known: the first values, nan where one is missing, as steps are counted.
            ticks: of all rows.
        """
        learnt, there = self.around[k], np.isfinite(known)
        least = 2 * max(learnt.periods, default=MOST_LAGS)
        if there.sum() >= least:
            return fit_smooth(np.where(there, known, np.nan), learnt.periods).at(ticks - ticks[0])
        middle = learnt.at(ticks)
        away = (known - middle[: len(known)])[there][-LATELY:]
        return np.asarray(middle + away.mean()) if len(away) else middle

    def _numbers(self, k: int, stepped: Floats) -> Floats:
        """Numbers of a column that it can hold."""
        column = self.columns[k]
        numbers = np.exp(np.minimum(stepped, LARGEST)) - column.shift if column.log else stepped
        return np.asarray(np.clip(np.rint(numbers) if column.lattice else numbers, *self.ends[k]))

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
        """Fill the holes of a single series: drawn from the normal law of what is missing given all that is there.

        As `_sequence_bridge.bridge`, but holes of the first row are drawn too. Shocks count as normal here. Drawn by solving for what
        makes given shocks least, with others on top that are as large as real ones (G. Papandreou, A. Yuille, "Gaussian Sampling by
        Local Perturbations", 2010, section 3).
        """
        from scipy import sparse
        from scipy.sparse.linalg import spsolve

        n, many = values.shape
        ticks = np.rint((lines - self.origin) / self.step).astype(np.int64)
        rests, middle = np.zeros((n, many)), np.zeros((n, many))
        for k, column in enumerate(self.columns):
            stepped = np.where(holes[:, k], np.nan, column.stepped(values[:, k]))
            middle[:, k] = self._middle(k, stepped, ticks)
            rests[:, k] = stepped - middle[:, k]
        unknown = ~np.isfinite(rests)  # what cannot be, as the logarithm of a number below 0, tells nothing
        rests[unknown] = 0.0
        laws = [
            sparse.diags_array(
                [1.0, *(-w[: n - 1])], offsets=[-lag for lag in range(min(len(w), n - 1) + 1)], shape=(n, n)
            )
            for w in self.weights
        ]
        spread = np.linalg.pinv(np.maximum(self.shocks.scale, 1e-12)[:, None] * self.shocks.root, rcond=1e-6)
        whitened = sparse.csc_array(sparse.kron(spread, sparse.eye_array(n)) @ sparse.block_diag(laws))
        wanted = np.flatnonzero(unknown.T)
        mine = whitened[:, wanted]
        plain = Key(int(seeds[0] >> 1)).generator().standard_normal(n * many)
        precision = (mine.T @ mine + 1e-9 * sparse.eye_array(len(wanted))).tocsc()
        found = rests.T.ravel()
        found[wanted] = spsolve(precision, mine.T @ (plain - whitened @ found))
        for k in range(many):
            stepped = middle[:, k] + found.reshape(many, n)[k]
            values[holes[:, k], k] = self._numbers(k, stepped)[holes[:, k]]

    def _missing(self, k: int, n: int, gone: bool, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Which values are missing, shape (n,): a Markov chain."""
        out = np.zeros(n, dtype=bool)
        for i, u in enumerate(rng.random(n)):
            gone = out[i] = bool(u < self.gone[k, int(gone)])
        return out

    def state(self) -> State:
        """Arrays and JSON from which `from_state` makes the same."""
        return {
            "origin": self.origin,
            "step": self.step,
            "around": [smooth.state() for smooth in self.around],
            "ends": self.ends,
            "weights": list(self.weights),
            "shocks": self.shocks.state(),
            "bounds": self.bounds,
            "gone": self.gone,
        }

    @classmethod
    def from_state(cls, state: State, columns: Sequence[Values | None]) -> Self:
        """The inverse of `state`.

        Raises:
            ValueError: its parts do not fit together.
        """
        n = len(columns)
        found = cls(
            columns=[c for c in columns if c is not None],
            origin=int(state["origin"]),
            step=float(state["step"]),
            around=tuple(map(Smooth.from_state, state["around"])),
            ends=state["ends"],
            weights=tuple(state["weights"]),
            shocks=Shocks.from_state(state["shocks"], n),
            bounds=state["bounds"].astype(np.int64).reshape(-1, 2),
            gone=state["gone"],
        )
        shapes = (found.ends.shape, found.gone.shape)
        lengths = {len(found.columns), len(found.around), len(found.weights)}
        vectors = all(w.ndim == 1 and np.isfinite(w).all() for w in found.weights) and np.isfinite(found.gone).all()
        if not vectors or not all(c.on_line for c in found.columns) or np.isnan(found.ends).any():
            raise ValueError("a series that is no law")
        if (
            lengths != {n}
            or shapes != ((n, 2), (n, 2))
            or not 0 < found.step < np.inf
            or not np.isin(found.bounds, np.arange(n)).all()
        ):
            raise ValueError("a series of other columns")
        return found


def fit_components(
    real: Real, columns: Sequence[Values], periods: Sequence[int], bounds: Sequence[tuple[int, int]] = ()
) -> Components:
    """Learn a single series.

    Args:
        real: its rows, at least three, at regular times.
        columns: how they are turned into numbers, all on a line.
        periods: ticks of seasons that it may have.
        bounds: pairs of columns of which the first is never above the second.
    """
    n = len(real.lines)
    ticks, rests = np.arange(n), np.zeros((n, len(columns)))
    around, weights = list[Smooth](), list[Floats]()
    for k, column in enumerate(columns):
        stepped = column.stepped(real.values[:, k])
        around.append(fit_smooth(stepped, periods))
        rests[:, k] = stepped - around[k].at(ticks)
        weights.append(fit_autoregression(np.nan_to_num(rests[:, k]), min(MOST_LAGS, max(1, n // ROWS_A_LAG)))[0])
    missing = np.isnan(real.values)
    return Components(
        columns=columns,
        origin=int(real.lines[0]),
        step=float(real.clock.step),
        around=tuple(around),
        ends=np.array([_ends(c, real.values[:, k]) for k, c in enumerate(columns)]),
        weights=tuple(weights),
        shocks=fit_shocks(np.where(np.isnan(rests), np.nan, _shocks(np.nan_to_num(rests), weights))),
        bounds=np.array(bounds, dtype=np.int64).reshape(-1, 2),
        gone=np.array([[_share(m[1:], ~m[:-1]), _share(m[1:], m[:-1])] for m in missing.T]),
    )


def _shocks(rests: Floats, weights: Sequence[Floats]) -> Floats:
    """What of each value the ones before do not tell, shape (n, columns)."""
    out = rests.copy()
    for k, each in enumerate(weights):
        for ago, weight in enumerate(each, start=1):
            out[ago:, k] -= weight * rests[:-ago, k]
    return out


def _ends(column: Values, numbers: Floats) -> tuple[float, float]:
    """Least and greatest number that a column can hold, of which the least is 0 if no real one is below."""
    kind, low, high = column.codec.type, -np.inf, np.inf
    if column.lattice:
        low, high = column.origin - WIDEST, column.origin + WIDEST
    if pa.types.is_integer(kind):
        held = np.iinfo(kind.to_pandas_dtype())
        low, high = max(low, float(held.min)), min(high, float(held.max))
    elif pa.types.is_decimal(kind):
        high = min(high, 10.0**kind.precision - 1)
        low = max(low, -high)
    if np.isfinite(numbers).any() and np.nanmin(numbers) >= -column.origin / column.unit:
        low = 0.0
    return (low - column.origin) / column.unit, (high - column.origin) / column.unit


def _share(true: NDArray[np.bool_], where: NDArray[np.bool_]) -> float:
    return float(true[where].mean()) if where.any() else 0.0
