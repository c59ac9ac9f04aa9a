"""Outliers found again: which values are beyond all usual ones, what would make usual ones of them, and how many there are.

Values further than a fence from the usual ones are suspects. Each story of how they came about says where suspects should
lie, given where usual values do: ten times as high, on the other side of zero, all times one factor. The story under which the
suspects are the likeliest is taken (G. Schwarz's criterion, Ann. Stat. 6, 1978), and their number is corrected for the outliers
of this story that would have stayed among the usual values, and for usual values beyond the fence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rowsmith.truth._digits import swaps
from rowsmith.truth._dirt import share, sure
from rowsmith.truth._plant import Finding, normal
from rowsmith.truth._usual import Array, Usual, decimals

FENCE = 4.0
"""Standard deviations from the center beyond which a value is a suspect: one usual value in 16,000."""
BEYOND = 6.334e-5
SHIFTS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)
CODES = (-1, -9, -99, -999, -9999, 9, 99, 999, 9999, 99999, 999999)
"""Numbers that people write for "not known"."""
FEWEST = 3
UNLIKELY = 1e-3
"""Chance of so many of a code by themselves, below which it is a sentinel."""
LAST_RESORT = 6.0
"""Log-likelihood by which "far off" must be likelier than a story that says where."""
STRANGE = 1 / 30
"""Share of the suspects that may be of another kind."""
MOST = 5_000
"""Values that are looked at to see what a change would do to them."""
MOSTLY = 0.8
"""Share of the suspects that swapped digits must explain: other stories do so by chance for a few."""
NEIGHBOURS = 2
"""Last places that two codes are apart at least."""
COMPANY = 0.2
"""Rows near a number, for each of its own, from which on it does not stand alone."""
MAY_BE_TEN = 4.0
"""Log-likelihood by which a factor must be likelier than a power of ten: one in 200 such powers is taken for something else."""
SEEN = 0.02
"""Share of a shift's values that must be beyond the fence for it to be thought of."""


@dataclass(frozen=True)
class Story:
    """One way in which suspects may have come about.

    Attributes:
        kind: its name.
        fit: log-likelihood of the suspects, less what its own numbers cost.
        rate: share of all values.
        error: standard error of the rate.
        more: other findings.
    """

    kind: str
    fit: float
    rate: float
    error: float
    more: list[Finding] = field(default_factory=list)


def find_outliers(x: Array, model: Usual, by: bool) -> list[Finding]:
    """Share and kind of outliers.

    Args:
        x: the values, finite.
        model: where usual ones lie.
        by: whether other columns say where.
    """
    n = len(x)
    codes = spikes(x, model)
    coded = np.isin(x, codes)
    beyond = suspects(x, model)
    if coded.sum() >= FEWEST and coded.sum() >= 0.5 * (coded | beyond).sum():
        words = tuple(f"{code:g}" for code in sorted(codes))
        return [
            share("rate", float(coded.sum()), n, "values that are repeated far from the others"),
            Finding(name="kind", estimate="sentinel"),
            Finding(name="values", estimate=words),
        ]
    # A few whole numbers that were moved to the same place are repeated as well; what stands for "not known" is left out.
    chosen = np.flatnonzero(beyond & ~(coded & np.isin(x, CODES)))
    if len(chosen) == 0:
        note = "no value is beyond the usual ones"
        return [share("rate", 0, n, note), Finding(name="kind", estimate=None, note=note)]
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # infinitely far off is no fault here
        told: Story = max(stories(x, chosen, model, by), key=lambda story: story.fit)
    return [
        sure("rate", told.rate, told.error, f"told by {told.kind}"),
        Finding(name="kind", estimate=told.kind),
        *told.more,
    ]


def suspects(x: Array, model: Usual) -> NDArray[np.bool_]:
    """Which values are beyond the fence, shape (n,)."""
    return np.asarray(np.abs(model.scores(x)) > FENCE)


def spikes(x: Array, model: Usual) -> Array:
    """Values that are repeated where hardly any others are: a sentinel's mark."""
    from scipy import stats

    values, counts = np.unique(x, return_counts=True)
    beyond = np.abs(model.rows(np.zeros(len(values), dtype=int)).scores(values)) > FENCE if len(values) else values > 0
    lonely = beyond & (counts >= max(FEWEST, 0.2 * counts[beyond].sum()))
    common = (counts >= FEWEST) & np.isin(values, CODES) & ~beyond
    step = 10.0 ** -(decimals(x) or 0)
    wide = 0.1 * (np.quantile(x, 0.75) - np.quantile(x, 0.25)) + 2 * step
    alone = lonely & np.isin(values, CODES)
    for i in np.flatnonzero(lonely | common):
        off = np.abs(values - values[i])
        near = counts[(off <= wide) & (off > 0)].sum()
        common[i] &= stats.poisson.sf(counts[i] - 1, (near + 1) * step / wide) < UNLIKELY
        # Whole numbers are also repeated for being few; then their neighbours are.
        near = counts[(off <= wide) & (off > 0) & (~lonely | (off <= NEIGHBOURS * step))].sum()
        alone[i] |= lonely[i] and near <= COMPANY * counts[i]
    return np.asarray(values[alone | common])


def stories(x: Array, chosen: NDArray[np.int64], model: Usual, by: bool) -> list[Story]:
    """What may have made the suspects, each with how likely they are under it."""
    inside = np.flatnonzero(~suspects(x, model))
    inside = inside[:: max(1, len(inside) // MOST)]
    around = _Around(len(x), x[chosen], model.rows(chosen), x[inside], model.rows(inside))
    anything, cost = _gross(around)
    rate, error = around.rate(len(chosen) - len(x) * BEYOND, 1.0)
    found = [Story("gross", float(anything.sum()) - cost - LAST_RESORT, rate, error)]
    for story in (_flip, _shift, _factor, _swap) if by else (_flip, _shift, _factor):
        found += story(around, anything)
    return found


@dataclass(frozen=True)
class _Around:
    """Suspects and usual values.

    Attributes:
        n: how many values there are.
        out: the suspects.
        model: where usual values of their rows lie.
        some: values that are not suspects, a sample.
        theirs: where usual values of those rows lie.
    """

    n: int
    out: Array
    model: Usual
    some: Array
    theirs: Usual

    def seen(self, change: Callable[[Array], Array]) -> float:
        """Share of usual values that are suspects once they are changed."""
        return float((np.abs(self.theirs.scores(change(self.some))) > FENCE).mean())

    def rate(self, count: float, seen: float) -> tuple[float, float]:
        """Share of all values, and its standard error, of so many suspects where a share of outliers is seen."""
        estimate = max(count, 0.0) / (self.n * seen)
        return estimate, math.sqrt(max(count, 1.0) * max(1 - estimate * seen, 0.0)) / (self.n * seen)


def _weighed(logs: Array, anything: Array) -> tuple[Array, Array]:
    """Log-likelihood of each suspect where one in thirty is of another kind, and how likely it is of this one; shape (m,)."""
    own, other = logs + math.log(1 - STRANGE), anything + math.log(STRANGE)
    whole = np.logaddexp(own, other)
    return whole, np.exp(own - whole)


def _flip(a: _Around, anything: Array) -> Iterator[Story]:
    seen = a.seen(np.negative)
    if seen >= SEEN:
        whole, whose = _weighed(a.model.logs(-a.out) - math.log(seen), anything)
        yield Story("sign-flip", float(whole.sum()), *a.rate(whose.sum(), seen))


def _shift(a: _Around, anything: Array) -> Iterator[Story]:
    """Decimal points that moved, by several places perhaps: shares of these by expectation and maximisation."""
    seen = {c: a.seen(lambda some, c=c: some * c) for c in SHIFTS}  # type: ignore[misc]
    shifts = [c for c in SHIFTS if seen[c] >= SEEN]
    if not shifts:
        return
    logs = np.column_stack([a.model.logs(a.out / c) - math.log(c * seen[c]) for c in shifts] + [anything])
    parts = np.full(len(shifts) + 1, 1 / len(shifts))
    for _ in range(200):
        parts[-1] = STRANGE
        mixed = np.log(parts + 1e-300) + logs
        whole = np.logaddexp.reduce(mixed, axis=1)
        whose = np.exp(mixed - whole[:, None])
        parts = whose.mean(axis=0)
    counts = whose.sum(axis=0)[:-1]
    used = counts > 0.5
    estimates = [a.rate(count, seen[c]) for count, c, use in zip(counts, shifts, used, strict=True) if use]
    cost = max(int(used.sum()) - 1, 0) * math.log(len(a.out)) / 2
    rate, error = sum(r for r, _ in estimates), math.hypot(*(e for _, e in estimates))
    words = tuple(f"{c:g}" for c, use in zip(shifts, used, strict=True) if use)
    yield Story("decimal-shift", float(whole.sum()) - cost, rate, error, [Finding(name="shifts", estimate=words)])


def _factor(a: _Around, anything: Array) -> Iterator[Story]:
    """One factor for all: the likeliest."""
    from scipy import optimize

    ratios = a.out / (a.model.middle * a.model.sign)
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    if len(ratios) < FEWEST:
        return

    def fit(log: float) -> tuple[float, float, float]:
        c = math.exp(log)
        seen = a.seen(lambda some: some * c)
        if seen < SEEN:
            return -1e300, 0.0, SEEN
        whole, whose = _weighed(a.model.logs(a.out / c) - log - math.log(seen), anything)
        return float(whole.sum()), float(whose.sum()), seen

    wide = max(0.3, float(np.std(np.log(ratios))))
    grid = math.log(float(np.median(ratios))) + np.linspace(-1, 1, 21) * wide
    best = float(grid[int(np.argmax([fit(log)[0] for log in grid]))])
    ends = (best - wide / 10, best + wide / 10)
    near = float(optimize.minimize_scalar(lambda log: -fit(log)[0], bounds=ends, method="bounded").x)
    log = max(best, near, key=lambda log: fit(log)[0])  # where values follow a formula, nothing near the best fits
    whole, count, seen = fit(log)
    inner = a.some / (a.theirs.middle * a.theirs.sign)
    error = float(np.std(np.log(inner[inner > 0]))) / math.sqrt(max(count, 1.0))
    if whole - fit(round(log / math.log(10)) * math.log(10))[0] < MAY_BE_TEN:
        return  # it may be a power of ten, which is the story of decimal points
    more = [normal("factor", math.exp(log), math.exp(log) * error)]
    yield Story("unit-spike", whole - math.log(len(a.out)) / 2, *a.rate(count, seen), more)


def _swap(a: _Around, anything: Array) -> Iterator[Story]:
    """Neighbouring digits that changed places: swapping some back makes the value usual."""
    places = decimals(a.some) or 0
    back = np.zeros(len(a.out), dtype=bool)
    for other in swaps(a.out, places):
        back |= np.abs(a.model.scores(other)) <= FENCE
    seen = share_seen(a.some, a.theirs, places)
    if back.mean() >= MOSTLY and seen >= SEEN:
        yield Story("swapped-digits", math.inf, *a.rate(back.sum(), seen))


def _gross(a: _Around) -> tuple[Array, float]:
    """Anything far off: on either side from some distance on, fewer and fewer; the logs, shape (m,), and what they cost."""
    off, cost = a.out - a.model.middle * a.model.sign, -1
    logs = np.zeros(len(off))
    for side in (off > 0, off <= 0):
        if side.any():
            far = np.abs(off[side])
            spread = max(float(far.mean() - far.min()), 1e-3 * float(far.mean()), 1e-12)
            logs[side] = math.log(side.mean()) - math.log(spread) - (far - far.min()) / spread
            cost += 3
    return logs, cost * math.log(len(off)) / 2


def share_seen(x: Array, model: Usual, places: int) -> float:
    """How many of usual values are suspects when two neighbouring digits change places."""
    others = np.stack(swaps(x, places))
    can = np.isfinite(others)
    seen = np.stack([np.abs(model.scores(other)) > FENCE for other in others]) & can
    able = can.any(axis=0)
    return float((seen.sum(axis=0)[able] / can.sum(axis=0)[able]).mean()) if able.any() else 0.0
