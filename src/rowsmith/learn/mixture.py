"""A mixture of product laws: quick, exact under any condition, and with a likelihood; a shallow probabilistic circuit.

Inside a component all columns are independent, so everything that is asked of the whole is a weighted sum over components.
Sources: D. Lowd, P. Domingos, "Naive Bayes models for probability estimation" (2005); as a probabilistic circuit, Y. Choi,
A. Vergari, G. Van den Broeck, "Probabilistic circuits: a unifying framework for tractable probabilistic models" (2020).
The fit is in `_em`; here are drawing, conditions, the likelihood, and what is saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import ModelFileError
from rowsmith.core.protocols import CodeArray, Codes, FittedLearner, Known, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.settings import check_ranges
from rowsmith.core.state import State

Floats = NDArray[np.float64]

ROWS_EACH = 40
"""Rows of a component, where their number is left to us."""
MOST = 800
"""Components, where their number is left to us."""
CELLS = 4_000_000
"""Numbers in the laws of all components, where their number is left to us."""
FULL = 25_000
"""Rows up to which a table takes all passes; one of more takes fewer, since each pass then moves the components further."""
BLOCK = 2_048
"""Rows whose components are looked for at a time, so that memory does not grow with the rows."""
TINY = 1e-12


@dataclass(frozen=True)
class Components(FittedLearner):
    """A fitted mixture.

    Attributes:
        weights: of the components, together 1, shape (components,).
        laws: of each column, how likely each code is in each component, shape (its codes, components).
    """

    weights: Floats
    laws: tuple[NDArray[np.float32], ...]

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows: components by their weights, or by their chances given what is known, then each column by itself."""
        return self._draw_given(n, key, given) if given else self._draw_free(n, key)

    def log_likelihood(self, known: Mapping[int, Known], n: int) -> Floats:
        """Logarithm of the chance of what is known of some columns in n rows, the others left open, shape (n,)."""
        return np.concatenate([np.empty(0), *(_log_sum(scores) for scores in self._scores(known, n))])

    def state(self) -> State:
        """Weights and laws."""
        return {"weights": self.weights, "laws": list(self.laws)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: the numbers are not chances, or do not fit together.
        """
        weights = np.asarray(state["weights"], dtype=np.float64)
        laws = tuple(np.asarray(law, dtype=np.float32) for law in state["laws"])
        sound = weights.ndim == 1 and len(weights) > 0 and _are_chances(weights[:, None])
        if not sound or not all(law.ndim == 2 and law.shape[1] == len(weights) and _are_chances(law) for law in laws):
            raise ModelFileError("the laws of the mixture are damaged: they are not chances that fit together.")
        return cls(weights, laws)

    def _draw_free(self, n: int, key: Key) -> list[CodeArray]:
        """Systematic sampling: each component, and each code inside a component, comes as often as its chance says, to a row.

        So the columns of the drawn rows are nearer to the learnt ones than independent rows would be.
        """
        rng = key.child("components").generator()
        rows = _systematic(self.weights[:, None] / self.weights.sum(), np.array([n]), rng.random(1))[:, 0]
        used = np.flatnonzero(rows)
        component = np.repeat(np.arange(len(used)), rows[used])
        places = rng.permutation(n)
        out = []
        for j, law in enumerate(self.laws):
            rng, mine = key.child(j).generator(), law[:, used].astype(np.float64)
            counts = _systematic(mine / mine.sum(axis=0), rows[used], rng.random(len(used)))
            codes = np.repeat(np.tile(np.arange(len(law), dtype=np.uint16), len(used)), counts.T.ravel())
            column = np.empty(n, dtype=np.uint16)
            column[places] = codes[np.argsort(component + rng.random(n))]  # in random order within each component
            out.append(column)
        return out

    def _draw_given(self, n: int, key: Key, given: Mapping[int, Known]) -> list[CodeArray]:
        """Each row by itself: its component by the chance of what is known, then its codes, of known columns inside the group."""
        component, picks = np.empty(n, dtype=np.int64), key.child("components").generator().random(n)
        first = 0
        for scores in self._scores(given, n):
            ends = np.cumsum(np.exp(scores - _log_sum(scores)[:, None]), axis=1)
            rows = slice(first, first + len(scores))
            component[rows] = (picks[rows, None] * ends[:, -1:] >= ends).sum(axis=1)
            first += len(scores)
        # Of few rows, few components need to be looked at.
        used, component = np.unique(np.minimum(component, len(self.weights) - 1), return_inverse=True)
        return [
            _inside(law[:, used], component, key.child(j).generator().random(n), given.get(j))
            for j, law in enumerate(self.laws)
        ]

    def _scores(self, known: Mapping[int, Known], n: int) -> Iterator[Floats]:
        """Logarithm of the chance of each component together with what is known, block by block, shape (rows, components)."""
        tables, groups = {}, {}
        for j, each in known.items():
            wanted, groups[j] = np.unique(each.values, return_inverse=True)
            codes = np.flatnonzero(np.isin(each.groups, wanted))
            chances = np.zeros((len(wanted), len(self.weights)))
            np.add.at(chances, np.searchsorted(wanted, each.groups[codes]), self.laws[j][codes])
            tables[j] = np.log(np.maximum(chances, 1e-300))
        weights = np.log(np.maximum(self.weights, 1e-300))
        for first in range(0, n, BLOCK):
            rows = slice(first, min(first + BLOCK, n))
            scores = np.repeat(weights[None], rows.stop - rows.start, axis=0)
            for j, table in tables.items():
                scores += table[groups[j][rows]]
            yield scores


def _systematic(chances: Floats, rows: NDArray[np.int64], offsets: Floats) -> NDArray[np.int64]:
    """How many of each column's rows fall on each of its chances, shape as `chances`; one random offset a column.

    Offsets of their own matter: with one for all, small chances of many columns would be rounded the same way.
    """
    ends = np.cumsum(chances, axis=0)
    ends[-1] = 1.0
    return np.diff(np.floor(ends * rows + offsets), axis=0, prepend=0.0).astype(np.int64)


def _inside(law: NDArray[np.float32], component: NDArray[np.int64], places: Floats, known: Known | None) -> CodeArray:
    """A code of each row by its component's law, within the group that is known."""
    size = len(law)
    if known is None:
        order, begin, last = np.arange(size), np.zeros(1, np.int64), np.full(1, size - 1)
    else:
        order = np.argsort(known.groups, kind="stable")  # the codes, group by group
        groups = known.groups[order]
        begin = np.searchsorted(groups, known.values, side="left")
        last = np.searchsorted(groups, known.values, side="right") - 1
    # A code that a component has never seen keeps a little, or a group of such codes would have none to draw from.
    ends = np.cumsum(law[order].astype(np.float64) + TINY, axis=0)
    ends /= ends[-1]
    low = np.where(begin > 0, ends[begin - 1, component], 0.0)
    goal = low + places * (ends[last, component] - low)
    # all components' ends in one rising list
    found = np.searchsorted((ends + np.arange(len(law[0]))).T.ravel(), goal + component, side="right")
    codes: CodeArray = order[np.clip(found - component * size, begin, last)].astype(np.uint16)
    return codes


def _log_sum(scores: Floats) -> Floats:
    top = scores.max(axis=1)
    return np.asarray(top + np.log(np.exp(scores - top[:, None]).sum(axis=1)))


def _are_chances(law: NDArray[np.floating]) -> bool:
    """Whether each column is a law."""
    return bool(np.isfinite(law).all() and (law >= 0).all() and (np.abs(law.sum(axis=0) - 1) < 1e-3).all())


@dataclass(frozen=True, kw_only=True)
class Mixture(Learner):
    """A mixture of components, inside each of which columns are independent: quick, and exact under every condition.

    It is the learner to take where many conditions are asked of one model, missing values are to be filled, or a likelihood
    is wanted: given any columns, in part or in whole, rows follow the model's law exactly, in milliseconds. `trees` is closer to the
    real rows, above all where numbers hang on one another sharply.

    >>> import numpy as np
    >>> from rowsmith.core.protocols import Codes, Known
    >>> from rowsmith.core.rng import Key
    >>> a = np.repeat(np.arange(2, dtype=np.uint16), 200)
    >>> fitted = Mixture(components=4).fit([Codes(a, 2, False), Codes(1 - a, 2, False)], key=Key(7))
    >>> every = np.arange(2, dtype=np.uint16)
    >>> _, b = fitted.draw(100, Key(7), {0: Known(np.ones(100, np.uint16), every)})
    >>> bool((b == 0).mean() > 0.95)
    True
    >>> round(float(np.exp(fitted.log_likelihood({0: Known(every, every)}, 2)).sum()), 6)
    1.0
    """

    components: int = 0
    """Components; 0 for one for every 40 rows, 800 at most."""
    passes: int = 40
    """Passes of the fit over the rows; over more than 25,000 rows fewer are made."""
    prior: float = 0.05
    """Rows' worth of the whole table's law that are mixed into each component: more is safer and less sharp."""
    smooth: float = 0.15
    """How far a component is smoothed along numbers and dates, as a part of its own spread."""

    fitted = Components

    def __post_init__(self) -> None:
        ranges = {"components": (0, 10_000), "passes": (1, 1000), "prior": (1e-6, 1000), "smooth": (0, 10)}
        check_ranges(self, ranges)

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Components:
        """Learn the components by expectation-maximisation."""
        n = len(columns[0].values) if columns else 0
        if n == 0:
            progress("learning", 0, 0)
            return Components(np.ones(1), tuple(np.full((c.size, 1), 1 / c.size, np.float32) for c in columns))
        from rowsmith.learn import _em

        layout = _em.lay_out(columns, key.generator().permutation(n))
        mixed = _em.learn(
            layout,
            self._components(n, int(layout.starts[-1])),
            passes=max(2, round(self.passes * min(1.0, FULL / n))) if self.passes > 1 else 1,
            prior=self.prior,
            smooth=self.smooth,
            workers=workers,
            progress=progress,
        )
        return Components(mixed.weights, tuple(mixed.laws[part].astype(np.float32) for part in layout.parts))

    def _components(self, n: int, codes: int) -> int:
        """How many components to begin with, of a table of n rows and so many codes in all columns."""
        if self.components:
            return min(self.components, n)
        return max(1, min(n // ROWS_EACH, MOST, CELLS // codes))
