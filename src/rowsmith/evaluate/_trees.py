"""Boosted trees over aligned columns: the one classifier and regressor of all measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._align import Columns, Feature

T = TypeVar("T")

LEVELS = 1_000
"""Levels of a category that a tree can tell apart; the rarer ones count as one."""


def matrix(features: Sequence[Feature], table: Columns) -> NDArray[np.float64]:
    """Columns as LightGBM takes them, shape (rows, features): numbers as they are, levels by number, NaN for null."""
    out = np.empty((table.n, len(features)), dtype=np.float64, order="F")
    for i, (feature, values) in enumerate(zip(features, table.arrays, strict=True)):
        out[:, i] = np.where(values < 0, np.nan, np.minimum(values, LEVELS)) if feature.kind == "category" else values
    return out


@dataclass(frozen=True)
class Trees:
    """Settings of the trees; the same for every use, so that figures can be compared.

    Attributes:
        features: columns that may be looked at.
        rounds: boosting rounds.
        learning_rate: shrinkage of each round.
        leaves: of a tree.
        smallest: rows of a leaf, at least.
        bins: of a column, at most.
    """

    features: tuple[Feature, ...]
    rounds: int
    learning_rate: float = 0.1
    leaves: int = 31
    smallest: int = 20
    bins: int = 255

    def dataset(self, x: NDArray[np.float64], y: NDArray[Any]) -> Any:
        """Rows and labels, binned."""
        import lightgbm as lgb

        categories = [i for i, f in enumerate(self.features) if f.kind == "category"]
        return lgb.Dataset(x, y, categorical_feature=categories, params=self._settings(), free_raw_data=False)

    def train(self, data: Any, objective: str, **more: Any) -> Any:
        """A fitted booster.

        Args:
            data: what `dataset` made, or a subset of it.
            objective: "binary", "multiclass" (with num_class) or "regression".
            more: settings of the objective.
        """
        import lightgbm as lgb

        return lgb.train(self._settings() | {"objective": objective} | more, data, num_boost_round=self.rounds)

    def _settings(self) -> dict[str, Any]:
        return {
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.smallest,
            "max_bin": self.bins,
            "num_threads": 1,  # several models at a time keep cores busier than several threads a model
            "seed": 0,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }


def predict(model: Any, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Raw scores of rows, on the calling thread."""
    return np.asarray(model.predict(x, raw_score=True, num_threads=1), dtype=np.float64)


def side_by_side(tasks: Sequence[Callable[[], T]], workers: int) -> list[T]:
    """The results of tasks, in order, run on threads of their own (LightGBM lets the others go on)."""
    if workers <= 1 or len(tasks) <= 1:
        return [task() for task in tasks]
    with ThreadPoolExecutor(min(workers, len(tasks))) as pool:
        return list(pool.map(lambda task: task(), tasks))
