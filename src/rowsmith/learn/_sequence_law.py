"""What draws the rows of sequences after the first, whichever way it was learnt; and which way is better for a short series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.learn._sequence_components import Components, fit_components
from rowsmith.learn._sequence_rows import Real
from rowsmith.learn._sequence_season import seasons
from rowsmith.learn._sequence_state import walk_from_state
from rowsmith.learn._sequence_values import NUMBERS, Values
from rowsmith.learn._sequence_walk import Walk
from rowsmith.learn._splits import Settings

Floats = NDArray[np.float64]
Law = Walk | Components

SHORT, FEWEST, DRAWS = 500, 20, 20
"""Rows of a single series up to which its law is chosen by trying, and from which on that means anything; and how many times each law
is drawn then."""


@dataclass(frozen=True, kw_only=True)
class SequenceSettings:
    """How the rows of sequences are learnt."""

    model: Literal["auto", "trees", "components"] = "auto"
    """`trees`: each column given the rows before, by trees. `components`: of a single series of numbers at regular times, trend,
    seasons and an autoregression. `auto`: trees; of a single series of 20 to 500 rows, what draws series nearer to the real one."""
    periods: tuple[int, ...] = ()
    """Rows of the seasons of `components`; those of the calendar, or found, if left out."""

    def __post_init__(self) -> None:
        if any(period < 2 for period in self.periods) or len(set(self.periods)) < len(self.periods):
            raise SpecError(f"periods={list(self.periods)}: expected whole numbers of rows from 2, each once.")
        if self.periods and self.model == "trees":
            raise SpecError(f"periods={list(self.periods)}: are of model=components; leave them out.")


def fit_law(
    real: Real,
    settings: SequenceSettings,
    trees: Settings,
    *,
    key: Key,
    workers: int = 1,
    progress: Progress = silent,
) -> tuple[Law, tuple[int, ...]]:
    """Learn how rows follow rows.

    Args:
        real: rows.
        settings: how.
        trees: how trees are grown.
        key: random stream of the fit.
        workers: how many threads; the result does not depend on it.
        progress: told what has been done.

    Returns:
        The law, and which column of `real` stands at each place of it.

    Raises:
        SpecError: components are asked for of what is no single series of numbers at regular times.
    """
    from rowsmith.learn._sequence_orders import orders
    from rowsmith.learn._sequence_program import fit_program

    def by_trees() -> tuple[Law, tuple[int, ...]]:
        program, order = fit_program(real, trees, key=key, workers=workers, progress=progress)
        return Walk(program), order

    hindrance = _hindrance(real)
    if settings.model == "components" and hindrance:
        raise SpecError(
            f"model=components: is of a single series of numbers at regular times, and {hindrance}; take model=trees."
        )
    short = FEWEST <= len(real.lines) <= SHORT
    if settings.model == "trees" or hindrance or (settings.model == "auto" and not short):
        return by_trees()
    if settings.periods and 2 * max(settings.periods) > len(real.lines):
        raise SpecError(
            f"periods={list(settings.periods)}: the series has {len(real.lines):,} rows; expected 2 to {max(2, len(real.lines) // 2):,}."
        )
    columns = [c for c in real.columns if c is not None]
    order = tuple(range(len(columns)))
    numbers = [real.values[:, k] for k in order]
    periods = settings.periods or seasons(real.clock, real.lines, real.begins, numbers)
    by_components = fit_components(real, columns, [p for p in periods if 2 * p <= len(real.lines)], orders(real))
    if settings.model == "components":
        return by_components, order
    walk, walked = by_trees()
    mine, other = (_loss(law, real, at, key.child("tried")) for law, at in ((by_components, order), (walk, walked)))
    return (by_components, order) if mine < other else (walk, walked)


def _hindrance(real: Real) -> str:
    """Why rows are no single series of numbers at regular times; empty if they are."""
    if len(real.begins) != 2:
        return f"there are {len(real.begins) - 1:,} of them"
    if real.gaps:
        return "the times are not regular"
    if real.sums:
        return "there are columns that follow from the row before"
    other = next((c.name for c in real.columns if c is not None and not (c.on_line and c.kind in NUMBERS)), None)
    if other is not None:
        return f"column {other!r} is no number"
    return "" if real.columns else "there is no column to learn"


def _loss(law: Law, real: Real, order: Sequence[int], key: Key) -> float:
    """How far series that a law draws are from the real one.

    The sum over draws and columns of distances from 0 to 1 that hang on no units: of values and of steps, between distributions
    (Kolmogorov and Smirnov) and between autocorrelations.
    """
    n, total = len(real.lines), 0.0
    drawn, none = np.zeros((DRAWS * n, len(order))), np.zeros(DRAWS, dtype=np.int64)
    starts = np.repeat(real.values[:1][:, list(order)], DRAWS, axis=0)
    seeds = mix(np.arange(DRAWS, dtype=np.uint64), key.integer())
    times = np.zeros(len(drawn), dtype=np.int64)
    begins, context = np.arange(DRAWS + 1) * n, np.zeros((DRAWS, 0))
    law.draw(drawn, times, begins, none, none + real.lines[0], starts, context, seeds)
    for place, k in enumerate(order):
        column = real.columns[k]
        assert column is not None, "gaps are not drawn"
        for move in (column.stepped, lambda x, c=column: np.diff(c.stepped(x))):
            y = move(real.values[:, k])
            total += sum(_distance(move(x), y) for x in drawn[:, place].reshape(DRAWS, n))
    return total


def _distance(x: Floats, y: Floats) -> float:
    """Of two series."""
    from scipy.stats import ks_2samp

    known = [each[np.isfinite(each)] for each in (x, y)]
    if min(map(len, known)) < 2:
        return 1.0
    shape = float(ks_2samp(*known, method="asymp").statistic)
    return shape + float(np.abs(_memory(x) - _memory(y)).mean())


def _memory(x: Floats) -> Floats:
    """Autocorrelation at lags from 1 to a quarter of the length; missing values stand in the middle."""
    z = np.nan_to_num(x - np.nanmean(x))
    size = 1 << (2 * len(z) - 1).bit_length()
    cov = np.fft.irfft(np.abs(np.fft.rfft(z, size)) ** 2, size)[: max(2, len(z) // 4) + 1]
    return np.asarray(cov[1:] / cov[0]) if cov[0] > 0 else np.zeros(len(cov) - 1)


def law_state(law: Law) -> State:
    """Arrays and JSON from which `law_from_state` makes the same."""
    return {"sort": "components" if isinstance(law, Components) else "trees", **law.state()}


def law_from_state(state: State, columns: Sequence[Values | None], n_context: int) -> Law:
    """The inverse of `law_state`.

    Raises:
        ModelFileError: an array points outside another.
        ValueError: parts do not fit together.
    """
    if state["sort"] == "components":
        return Components.from_state(state, columns)
    return walk_from_state(state, columns, n_context)
