"""Winners: does the model that wins on synthetic rows win on real ones?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._design import Design
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._noise import apart, interval
from rowsmith.evaluate._stats import Floats, spearman
from rowsmith.evaluate._task import Task
from rowsmith.evaluate._trees import side_by_side
from rowsmith.evaluate._words import rows, show

FEWEST = 200
LEVELS = 10


@dataclass(frozen=True, kw_only=True)
class Winners(Measure):
    """Spearman's correlation of the scores that several models reach when trained on synthetic and on real rows.

    Each kind of model is trained on either table and tested on the same real rows; the two vectors of scores are
    compared, not the models' names or places. It is the mean of several samples, which give its interval;
    the ceiling trains on two halves of the real rows. Beside it: what is lost by taking the model that wins on synthetic
    rows, trained on real ones, in place of the best.
    Source: Hansen et al. (2023), section 4 ("model selection"), over the scores themselves.
    """

    title: ClassVar[str] = "Which model wins"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 42
    decisive: ClassVar[bool] = False

    good: float = 0.15
    """Below the ceiling up to which it is good."""
    fair: float = 0.5
    """Below the ceiling up to which it is fair."""
    most_rows: int = 1_000
    """Rows to learn from at a time; five times as many in a full judgement."""
    repeats: int = 4
    """Samples that each model learns from."""
    most_tests: int = 2_000
    """Real rows to test on."""

    def measure(self, context: Context) -> Result:
        """Train every model on every table."""
        trained = context.trained
        if isinstance(trained, str):
            return unmeasured(self, trained)
        task = trained.task
        most = self.most_rows * (5 if context.full else 1)
        half = np.arange(trained.tables["real"].n) % 2 == 0
        halves = {f"half {side:d}": trained.tables["real"].take(half == side) for side in (False, True)}
        tables = trained.tables | halves
        n = min(most, *(t.n for t in tables.values()))
        if n < FEWEST:
            return unmeasured(self, f"it takes at least {2 * FEWEST} rows of each table to learn from.")
        test = context.sample(task.test, self.most_tests, "winners", "test")
        design = Design.fit(task.inputs, task.others(trained.tables["real"]), LEVELS)
        x, y = design.matrix(task.others(test)), task.y(test)
        kinds = _kinds(task)
        samples = [context.sample(t, n, "winners", name, k) for name, t in tables.items() for k in range(self.repeats)]
        jobs = [partial(_score, task, make, design, t, x, y) for t in samples for make in kinds.values()]
        flat = np.array(side_by_side(jobs, context.workers)).reshape(len(tables), self.repeats, len(kinds))
        scores = dict(zip(tables, flat, strict=True))
        value, noise = _correlation(scores["real"], scores["synthetic"])
        ceiling, wide = _correlation(scores["half 0"], scores["half 1"])
        if value is None:
            return unmeasured(self, "the models cannot be told apart by their scores.")
        figure = Figure(
            name="spearman",
            label="rank correlation of the models' scores",
            value=value,
            floor=_correlation(scores["real"], scores["floor"])[0],
            ceiling=ceiling,
            unit="",
            better="higher",
            ideal=1.0,
            bad=0.0,
            noise=apart(noise, wide),
            **interval(value, noise, -1.0, 1.0),
        )
        means = {name: each.mean(axis=0) for name, each in scores.items()}
        best, chosen = (int(np.argmax(means[name])) for name in ("real", "synthetic"))
        regret = Figure(
            name="regret",
            label=f"{task.unit} lost by choosing on synthetic rows",
            value=float(means["real"][best] - means["real"][chosen]),
            unit=task.unit,
            better="lower",
            ideal=0.0,
            bad=0.05,
        )
        level = level_of(figure, self.good, self.fair)
        names = list(kinds)
        said = (
            f"Best of {len(names)} models on real rows: {names[best]}; on synthetic rows: {names[chosen]} "
            f"({show(regret.value, task.unit)} of {task.unit} lost by that choice)"
        )
        sentence = {
            "good": f"{said}. Models may be compared on these rows.",
            "fair": f"{said}. Compare models with care: close ones change places.",
            "poor": f"{said}. Do not choose models on these rows.",
        }[level]
        head = ["model", *(f"{task.unit}, trained on {k} rows" for k in ("real", "synthetic"))]
        cells = [
            [n, *(show(float(means[k][i]), task.unit) for k in ("real", "synthetic"))] for i, n in enumerate(names)
        ]
        return result(
            self,
            level,
            sentence,
            how=f"{len(names)} models, {self.repeats} times on {rows(n)} each, tested on {rows(test.n)}",
            figures=(figure, regret),
            details={
                "table": {"title": f"Models of {task.target.name}, tested on real rows", "head": head, "rows": cells}
            },
        )


def _kinds(task: Task) -> dict[str, Callable[[], Any]]:
    """Models of different nature, by name."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if task.classes is None:
        linear = {"Poisson": lambda: PoissonRegressor(alpha=1e-3, max_iter=300)} if task.counts else {"linear": Ridge}
        return {
            **linear,
            "neighbours": lambda: KNeighborsRegressor(15),
            "small tree": lambda: DecisionTreeRegressor(max_depth=3, random_state=0),
            "large tree": lambda: DecisionTreeRegressor(min_samples_leaf=20, random_state=0),
            "forest": lambda: ExtraTreesRegressor(20, min_samples_leaf=3, random_state=0),
        }
    return {
        "logistic": lambda: LogisticRegression(solver="newton-cholesky"),
        "naive Bayes": lambda: GaussianNB(var_smoothing=1e-3),
        "neighbours": lambda: KNeighborsClassifier(15),
        "small tree": lambda: DecisionTreeClassifier(max_depth=3, random_state=0),
        "large tree": lambda: DecisionTreeClassifier(min_samples_leaf=20, random_state=0),
        "forest": lambda: ExtraTreesClassifier(20, min_samples_leaf=3, random_state=0),
    }


def _score(task: Task, make: Callable[[], Any], design: Design, table: Columns, x: Floats, y: Floats) -> float:
    """What a model of one table scores on the test rows; a guess if it can learn nothing."""
    inputs, known = design.matrix(task.others(table)), task.y(table)
    if (task.counts and not known.any()) or not np.ptp(inputs, axis=0).any():  # the columns tell nothing
        return task.guess
    if task.classes is None:
        found = np.asarray(make().fit(inputs, known).predict(x), dtype=np.float64)
    else:
        learnt = np.unique(known.astype(np.int64))
        if len(learnt) < 2:
            return task.guess
        found = np.zeros((len(x), len(task.classes)))
        found[:, learnt] = make().fit(inputs, known.astype(np.int64)).predict_proba(x)
    score = task.score(y, found)
    return task.guess if score is None else score


def _correlation(a: Floats, b: Floats) -> tuple[float | None, float | None]:
    """Mean rank correlation over the repeats, shape (repeats, models) each, and half its 95 % interval."""
    found = [spearman(x, y) for x, y in zip(a, b, strict=True)]
    known = np.array([f for f in found if f is not None])
    if len(known) < len(found):
        return None, None
    student = 3.18  # of 3 degrees of freedom, and nearly of a few more or fewer
    return float(known.mean()), float(student * known.std(ddof=1) / len(known) ** 0.5)
