"""Choosing which columns to count together: those of which the law so far is most wrong, round by round.

Source: R. McKenna et al., "AIM: an adaptive and iterative mechanism for differentially private synthetic data" (2022).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.protocols import Progress
from rowsmith.core.rng import Key
from rowsmith.learn._private_budget import Ledger
from rowsmith.learn._private_draw import drawn
from rowsmith.learn._private_estimate import Counted, Law, estimated
from rowsmith.learn._private_noise import Noise, Whole, rho_of_scale, scale_of
from rowsmith.learn._private_tree import Clique, Table, Ways, cells, tree_of

ROUNDS = (3.0, 12.0)
"""Rounds for each column, about, if the budget of a round stays as it is: at least, and at most."""
PRECISE = 0.001
"""Noise of a count, as a part of the rows, that is enough to begin with: the budget for less is kept for more rounds."""
CHOICE = 0.1
"""Part of a round's price that pays for the choice."""
STEPS, LAST = 40, 300
"""Steps of estimation after a round, and after the last."""
LITTLE = 0.1
"""Part of a count's noise that the law must have moved by, or the next counts are more precise."""
LARGEST = 20_000
"""Cells of a table that is counted, at most."""
TYPICAL, DEAR = 200, (0.1, 4.0)
"""Cells of a table that costs the price of a round, and parts of it that others cost."""
ROWS = 100_000
"""Rows that are drawn to see how wrong the law is of columns that are far apart."""
AT_ONCE = 30
"""Columns for which one choice is made between two estimations; in wider tables there are as many more."""
ERROR = math.sqrt(2 / math.pi)
"""Mean size of an error of standard deviation 1."""
FULL, NOTHING = 3.0, 2.0
"""Standard deviations from which a count has rows; and up to which small counts, taken together, may have none."""
DISCOUNT = 0.5
"""Part of a count's noise that is set off against what it would tell: the law smooths much of it."""


@dataclass(frozen=True)
class Data:
    """What is learnt from, and how one may look at it.

    Attributes:
        groups: of each row, one array a column, shape (rows,).
        sizes: groups of each column.
        weights: how much each column matters, from 1.
        total: rows, about.
        reach: rows of one person, at most.
        noise: is added.
        ledger: pays.
    """

    groups: Sequence[NDArray[np.int64]]
    sizes: tuple[int, ...]
    weights: tuple[int, ...]
    total: float
    reach: int
    noise: Noise
    ledger: Ledger

    def counts(self, columns: Clique) -> Whole:
        """True counts of combinations."""
        return counts_of(self.groups, self.sizes, columns)


def chosen(data: Data, singles: Sequence[Counted], *, most: int, key: Key, progress: Progress) -> Law:
    """Spend what is left on the counts that help most, and estimate a law from all.

    Args:
        data: to learn from.
        singles: noisy counts of single columns.
        most: cells of the law's tables.
        key: random stream of the rows that are drawn to see how wrong a law is.
        progress: told how much is spent.
    """
    counted = {each.columns: each for each in singles}
    law = estimated(tree_of(data.sizes, counted), singles, data.total, {}, STEPS)
    several = [i for i, size in enumerate(data.sizes) if size > 1]
    pairs = list(itertools.combinations(several, 2))
    real: dict[Clique, Whole] = {}
    looks: dict[Clique, Counted] = {}
    whole, at_once = data.ledger.left, math.ceil(len(data.sizes) / AT_ONCE)
    few, many = (whole / max(1.0, rounds * len(data.sizes)) for rounds in ROUNDS)
    enough = rho_of_scale(max(1.0, PRECISE * data.total), data.reach) / (1 - CHOICE)
    price, number = min(max(enough, many), few), 0
    seen = min(ROWS, 3_000_000 // max(1, len(data.sizes)), 1000 + 4 * round(data.total))
    while pairs and data.ledger.left > 1e-6 * whole:
        rows = drawn(law, seen, key.child("seen", number))
        number += 1
        before = law
        tree, fresh = law.tree, dict[Clique, float]()  # with the scale of their noise
        for _ in range(at_once):
            whole_rest = price > data.ledger.left / 2
            if whole_rest:
                price = data.ledger.left
            allowed = most * max(0.1, 1 - (data.ledger.left - price) / data.ledger.rho)
            ways = Ways(tree)
            open_ = [c for c in _that_fit(ways, [*pairs, *_triples(counted)], allowed) if c not in fresh]
            if not open_ or data.ledger.left <= 1e-6 * whole:
                break
            noises = [scale_of(_worth(c, data, price), data.reach) for c in open_]
            scores = np.array(
                [_score(c, data, real, law, rows, noise) for c, noise in zip(open_, noises, strict=True)],
                dtype=np.int64,
            )
            columns = open_[_most(scores, data, CHOICE * price)]
            cost = data.ledger.left if whole_rest else min(_worth(columns, data, price), data.ledger.left)
            data.ledger.spend("counts of pairs", cost)
            scale = scale_of(cost, data.reach)
            noisy, _ = data.noise.gaussian(real[columns], scale, data.reach)
            looks[columns] = _joined(looks.get(columns), Counted(columns, noisy.astype(np.float64), scale**2))
            counted[columns] = sparse(looks[columns])
            fresh[columns] = scale
            tree = min(ways.together(columns), tree_of(data.sizes, counted), key=lambda tree: tree.cells)
        if not fresh:
            break
        last = data.ledger.left <= 1e-6 * whole
        law = estimated(tree, list(counted.values()), data.total, law.factors, LAST if last else STEPS)
        moved = {c: np.abs(law.shares(c) - _shares(c, before, rows)).sum() * data.total for c in fresh}
        # cells whose counts stand as they are
        told = {c: int((counted[c].counts == looks[c].counts).sum()) for c in fresh}
        if all(moved[c] <= LITTLE * ERROR * scale * told[c] for c, scale in fresh.items()):
            price *= 2  # what was found is little more than noise: look closer
        progress("learning", round(100 * (1 - data.ledger.left / data.ledger.rho)), 100)
    return law


def _worth(c: Clique, data: Data, price: float) -> float:
    """What counts of some columns may cost.

    The sum of the errors of several tables is least where each costs in proportion to its cells to the power of two thirds.
    """
    return (1 - CHOICE) * price * float(np.clip((cells(data.sizes, c) / TYPICAL) ** (2 / 3), *DEAR))


def counts_of(groups: Sequence[NDArray[np.int64]], sizes: Sequence[int], columns: Clique) -> Whole:
    """Counts of combinations of the columns' groups, shape (groups of each,)."""
    flat = np.zeros(len(groups[0]), dtype=np.int64)
    for i in columns:
        flat = flat * sizes[i] + groups[i]
    return np.bincount(flat, minlength=cells(sizes, columns)).reshape([sizes[i] for i in columns])


def _triples(counted: Iterable[Clique]) -> list[Clique]:
    """Three columns of which two pairs are counted already: only then can it be the three together that a law lacks."""
    pairs = [c for c in counted if len(c) == 2]
    found = {tuple(sorted({*a, *b})) for a, b in itertools.combinations(pairs, 2) if set(a) & set(b)}
    return sorted(found)


def _that_fit(ways: Ways, candidates: Sequence[Clique], most: float) -> list[Clique]:
    """Pairs and triples that leave the tables small enough."""
    room = max(most - ways.tree.cells, 0.0)
    return [c for c in candidates if cells(ways.tree.sizes, c) <= LARGEST and ways.of(c) <= room]


def _score(
    c: Clique, data: Data, real: dict[Clique, Whole], law: Law, rows: Sequence[NDArray[np.int64]], scale: float
) -> int:
    """By how many rows the law is wrong of columns, less the noise that a count would have, times their weight.

    Expected counts are rounded, so that this is a whole number that one person moves by their rows times the weight at most.
    """
    if c not in real:
        real[c] = data.counts(c)
    expected = np.rint(_shares(c, law, rows) * data.total).astype(np.int64)
    wrong = int(np.abs(real[c] - expected).sum()) - round(DISCOUNT * ERROR * scale * expected.size)
    return wrong * max(data.weights[i] for i in c)


def _shares(c: Clique, law: Law, rows: Sequence[NDArray[np.int64]]) -> Table:
    """Shares of combinations, exact where a clique has them, else those of drawn rows."""
    if law.tree.holds(c) >= 0:
        return law.shares(c)
    return counts_of(rows, law.tree.sizes, c) / len(rows[0])


def _most(scores: Whole, data: Data, rho: float) -> int:
    """The place of about the greatest score."""
    reach = data.reach * max(data.weights)
    data.ledger.spend("choice of pairs", rho)
    return data.noise.greatest(scores, scale_of(rho, reach), reach)[0]


def sparse(counted: Counted) -> Counted:
    """Counts of which the small ones are even, where they are no more than noise even in sum.

    Of columns that determine each other, as a name and its number, most combinations have no rows, and noise would give
    half of them some.

    >>> sparse(Counted((0, 1), np.array([[900.0, -9.0], [11.0, 800.0]]), 100.0)).counts.tolist()
    [[900.0, 1.0], [1.0, 800.0]]
    """
    counts, noise = counted.counts, math.sqrt(float(np.max(counted.variance)))
    small = counts < FULL * noise
    m, rows = int(small.sum()), float(counts[small].sum())
    if m == 0 or rows > NOTHING * noise * math.sqrt(m):
        return counted
    return replace(counted, counts=np.where(small, max(rows, 0.0) / m, counts))


def _joined(old: Counted | None, new: Counted) -> Counted:
    """Two counts of the same as one, each by its precision."""
    if old is None:
        return new
    variance = 1 / (1 / old.variance + 1 / new.variance)
    counts = variance * (old.counts / old.variance + new.counts / new.variance)
    return Counted(new.columns, counts, variance)
