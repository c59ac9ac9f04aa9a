"""The default learner: a chain of columns, each a binary tree of boosted splits given the columns before it.

Source of the idea: C. McCarter, "Unmasking Trees for Tabular Data" (2024). The compiled core is `_boost`; here are the
chain, the threads, and what is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import ModelFileError
from rowsmith.core.protocols import CodeArray, Codes, FittedLearner, Known, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.settings import check_ranges
from rowsmith.core.state import State

if TYPE_CHECKING:
    from rowsmith.learn._splits import Settings

MOST_FLOOR = 40
"""Trees that a classifier keeps in any case where `detail` is 1."""


@dataclass(frozen=True)
class Link:
    """One column's place in the chain.

    Attributes:
        column: its position in the table.
        feature: its code as a feature of later columns, for each of its codes, shape (size,).
        nominal: whether its features have no order.
        forest: the fitted trees, as `_boost.fit_column` returns them.
    """

    column: int
    feature: NDArray[np.uint8]
    nominal: bool
    forest: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Chain(FittedLearner):
    """Columns in the order in which they are drawn.

    Attributes:
        n_columns: of the table; those that are not in the chain have a single code.
        links: the others.
    """

    n_columns: int
    links: tuple[Link, ...]

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows: each column given those before it in the chain, and what is known of those after it."""
        codes = [np.zeros(n, dtype=np.uint16) for _ in range(self.n_columns)]
        if n == 0:
            return codes
        from rowsmith.learn import _descend, _particles

        known = {link.column: given[link.column] for link in self.links if given and link.column in given}
        if known:
            for link, drawn in zip(self.links, _particles.draw_known(self.links, n, key, known), strict=True):
                codes[link.column] = drawn
            return codes
        features = np.empty((len(self.links), n), dtype=np.uint8)
        for place, link in enumerate(self.links):
            drawn = _descend.draw_column(link.forest, features[:place], _seed(key.child(link.column)))
            codes[link.column] = drawn
            features[place] = link.feature[drawn]
        return codes

    def state(self) -> State:
        """Arrays of every link."""
        links = [
            {"column": link.column, "feature": link.feature, "nominal": link.nominal, "forest": link.forest}
            for link in self.links
        ]
        return {"n_columns": self.n_columns, "links": links}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: an array points outside another, which compiled code would follow.
        """
        from rowsmith.learn import _splits

        links = tuple(
            Link(int(s["column"]), s["feature"].astype(np.uint8), bool(s["nominal"]), s["forest"])
            for s in state["links"]
        )
        for place, link in enumerate(links):
            fault = _splits.fault(link.forest, place, len(link.feature))
            if fault or not 0 <= link.column < state["n_columns"]:
                raise ModelFileError(f"the trees of column {link.column} are damaged{fault}.")
        return cls(int(state["n_columns"]), links)


@dataclass(frozen=True, kw_only=True)
class Trees(Learner):
    """Boosted trees, one small classifier at every split of a column's codes; good and quick on most tables.

    A classifier keeps the trees that rows outside of them confirm, and `detail` says how many it keeps in any case. So
    `detail` is the one dial between closeness to the learnt rows and distance from them; `benchmarks/README.md` draws
    what it costs.
    """

    detail: float = 0.5
    """From 0 (only what other rows confirm: the most private) to 1 (every finding: the closest to the learnt rows)."""
    rounds: int = 100
    """Trees that a classifier has at most."""
    depth: int = 6
    """Levels of splits in a tree, 1 to 8."""
    min_leaf: int = 12
    """Fewest rows in a leaf of a tree."""
    rows: int = 50_000
    """Rows that a classifier learns from at most; of more, a random part is taken."""

    fitted = Chain

    def __post_init__(self) -> None:
        ranges = {"detail": (0, 1), "rounds": (1, 1000), "depth": (1, 8), "min_leaf": (1, 10**6), "rows": (100, 10**7)}
        check_ranges(self, ranges)

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Chain:
        """Learn each column given those before it; columns are learnt side by side, one thread each.

        Those that are known whenever rows are drawn come first in the chain, each with its shares alone.
        """
        from rowsmith.learn import _boost, _splits
        from rowsmith.learn._order import chain_order
        from rowsmith.learn._screen import predictors, widened

        several = [i for i, column in enumerate(columns) if column.size > 1]
        order = [several[k] for k in chain_order([columns[i] for i in several])]
        order = [i for i in several if i < given] + [i for i in order if i >= given]
        chosen = [columns[i] for i in order]
        maps = [_splits.feature_map(np.bincount(c.values, minlength=c.size), c.ordered) for c in chosen]
        features = np.empty((len(chosen), len(columns[0].values) if columns else 0), dtype=np.uint8)
        for row, feature, column in zip(features, maps, chosen, strict=True):
            row[:] = feature[column.values]
        nominal = np.array([not c.ordered for c in chosen])
        settings = settings_of(self)

        some = predictors(chosen)

        def learn(place: int) -> dict[str, NDArray[Any]]:
            c, seed, told_by = chosen[place], _seed(key.child(order[place])), some[place]
            if order[place] < given:
                alone = _boost.fit_column(features[:0], nominal[:0], c.values, c.size, c.ordered, settings, seed)
                return alone | {"offset": np.zeros(place + 1, dtype=alone["offset"].dtype)}
            before = slice(place) if told_by is None else told_by
            forest = _boost.fit_column(features[before], nominal[before], c.values, c.size, c.ordered, settings, seed)
            return forest if told_by is None else widened(forest, told_by, place)

        forests: dict[int, dict[str, NDArray[Any]]] = {}
        with ThreadPoolExecutor(workers) as threads:
            # The last columns have the most features: begin with them, so that no thread is left with a long tail.
            tasks = {threads.submit(learn, place): place for place in reversed(range(len(chosen)))}
            for done, task in enumerate(as_completed(tasks), start=1):
                forests[tasks[task]] = task.result()
                progress("learning", done, len(tasks))
        if not chosen:
            progress("learning", 0, 0)
        links = (Link(order[p], maps[p], bool(nominal[p]), forests[p]) for p in range(len(chosen)))
        return Chain(len(columns), tuple(links))


def settings_of(trees: Trees) -> Settings:
    """How classifiers are grown."""
    from rowsmith.learn._splits import Settings

    floor = round(MOST_FLOOR * trees.detail)
    return Settings(rounds=trees.rounds, depth=trees.depth, min_leaf=trees.min_leaf, rows=trees.rows, floor=floor)


def _seed(key: Key) -> int:
    return key.integer() >> 23  # the compiled core multiplies seeds, and wants room above 40 bits
