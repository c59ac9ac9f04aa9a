"""Whether a changed table is better to learn from: trained with the changes and without, on the same folds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.augment._change import Augmentation
from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.engine.augment import augment
from rowsmith.evaluate._align import align
from rowsmith.evaluate._judge import context_of
from rowsmith.evaluate._stats import stratified_folds
from rowsmith.evaluate._task import Fitted, Task

FOLDS, REPEATS = 5, 2
LEVEL = 0.95


@dataclass(frozen=True)
class Gain:
    """What the changes are worth by one score.

    Attributes:
        score: "AUC", "average precision" or "R²"; the higher, the better.
        without: mean over the folds, trained on the rows as they are.
        with_changes: mean over the same folds, trained on the changed rows.
        low: lower end of the 95 % interval of the difference.
        high: its upper end.
        each: the difference in each fold.
    """

    score: str
    without: float
    with_changes: float
    low: float
    high: float
    each: tuple[float, ...]

    @property
    def gain(self) -> float:
        """The mean difference."""
        return self.with_changes - self.without

    def __str__(self) -> str:
        verdict = (
            "a gain" if self.low > 0 else "a loss" if self.high < 0 else "no difference that can be told from chance"
        )
        return (
            f"{self.score}: {self.without:.4f} without, {self.with_changes:.4f} with: {self.gain:+.4f} "
            f"({self.low:+.4f} to {self.high:+.4f}), {verdict}"
        )


@dataclass(frozen=True)
class Proof:
    """Scores of models that learnt from rows with changes and without, on real rows that neither has seen.

    Attributes:
        target: what was predicted.
        gains: one a score.
        splits: how many times rows were split into those to learn from and those to test on.
    """

    target: str
    gains: tuple[Gain, ...]
    splits: int

    def __str__(self) -> str:
        head = f"predicting {self.target} on {self.splits} test folds of real rows, boosted trees (95 % intervals):"
        return "\n".join([head, *(f"  {gain}" for gain in self.gains)])


def prove(
    data: Any,
    *changes: Augmentation,
    target: str,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    seed: int = 0,
    progress: Progress = silent,
    **options: Any,
) -> Proof:
    """Train with the changes and without, on the same folds, and say what they gain.

    Only rows to learn from are changed; tests are on real rows. Folds overlap in what they learn from, so the interval is that of
    C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine Learning 52 (2003), section 3.

    Args:
        data: a frame (pandas, polars, Arrow).
        changes: as `augment` takes them.
        target: the column to predict.
        folds: parts that the rows are cut into.
        repeats: times that they are cut.
        seed: of folds and changes.
        progress: told how many folds are done.
        options: as `augment` takes them, such as `schema`.

    Raises:
        DataError: there are too few rows, or the changes leave nothing to learn from.
        SpecError: an unknown target, or as `augment`.
    """
    table, _ = to_arrow(data)
    if target not in table.column_names:
        raise SpecError(f"target={target!r}: the table has no such column{suggest(target, table.column_names)}")
    if folds < 2 or repeats < 1:
        raise SpecError(f"folds={folds}, repeats={repeats}: expected at least 2 folds, once.")
    found: list[tuple[dict[str, float], dict[str, float]]] = []
    key = Key(seed).child("prove")
    codes = _strata(table, target)
    for number in range(folds * repeats):
        turn, held = divmod(number, folds)
        fold = stratified_folds(codes, folds, key.child("folds", turn).generator())
        train, test = (table.filter(pa.array(rows)) for rows in (fold != held, fold == held))
        changed, _ = to_arrow(augment(train, *changes, seed=key.child(number).integer(), **options).frame)
        found.append(_scores(train, changed, test, target, key.child("task", number)))
        progress("proving", number + 1, folds * repeats)
    names = [name for name in found[0][0] if all(name in one for pair in found for one in pair)]
    return Proof(target, tuple(_gain(name, found, 1 / (folds - 1)) for name in names), len(found))


def _strata(table: pa.Table, target: str) -> NDArray[np.int64]:
    """Classes by which the rows are dealt out, -1 for null; of a number, tenths."""
    column = table[target].combine_chunks()
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    ranks = pa.compute.rank(column, tiebreaker="dense").to_numpy().astype(np.int64)
    if len(ranks) and ranks.max() > 20:
        ranks = ranks * 10 // (ranks.max() + 1)
    ranks[column.is_null().to_numpy(zero_copy_only=False)] = -1
    return np.asarray(ranks)


def _scores(
    train: pa.Table, changed: pa.Table, test: pa.Table, target: str, key: Key
) -> tuple[dict[str, float], dict[str, float]]:
    """Scores without the changes and with them."""
    context = context_of(align({"real": train, "synthetic": changed, "holdout": test}), target, key, 1)
    task = Task.of(context)
    if isinstance(task, str):
        raise DataError(f"target={target!r}: {task}")
    x, y = task.x(task.test), task.y(task.test)
    out = []
    for rows in (task.train, task.usable(context, context.synthetic)):
        predicted = Fitted.of(task, rows).predict(x)
        scores = {task.unit: task.score(y, predicted)}
        if task.classes is not None and len(task.classes) == 2:
            scores["average precision"] = _precision(y, predicted)
        out.append({name: value for name, value in scores.items() if value is not None})
    return out[0], out[1]


def _precision(y: NDArray[np.float64], predicted: NDArray[np.float64]) -> float | None:
    """Average precision of the rarer class, which is what balancing is for; None where a class has no row."""
    from sklearn.metrics import average_precision_score

    rare = int(np.bincount(y.astype(np.int64), minlength=2).argmin())
    return float(average_precision_score(y == rare, predicted[:, rare])) if 0 < (y == rare).sum() < len(y) else None


def _gain(name: str, found: Sequence[tuple[dict[str, float], dict[str, float]]], ratio: float) -> Gain:
    """The gain and its interval.

    Args:
        name: of the score.
        found: scores without and with, by split.
        ratio: test rows for each row that is learnt from.
    """
    from scipy import stats

    pairs = np.array([(without[name], with_[name]) for without, with_ in found])
    each = pairs[:, 1] - pairs[:, 0]
    error = math.sqrt((1 / len(each) + ratio) * float(each.var(ddof=1)))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, len(each) - 1)) * error
    middle = float(each.mean())
    return Gain(
        score=name,
        without=float(pairs[:, 0].mean()),
        with_changes=float(pairs[:, 1].mean()),
        low=middle - reach,
        high=middle + reach,
        each=tuple(float(e) for e in each),
    )
