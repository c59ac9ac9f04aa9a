"""Utility: is a model trained on synthetic rows as good, on real rows, as one trained on real ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, grade, result, unmeasured
from rowsmith.evaluate._noise import interval, jackknife_rows
from rowsmith.evaluate._stats import Floats, Ints
from rowsmith.evaluate._task import MOST_ROWS, Task
from rowsmith.evaluate._trained import Trained
from rowsmith.evaluate._words import rows

BINS = 10


@dataclass(frozen=True, kw_only=True)
class Utility(Measure):
    """Quality, on unseen real rows, of boosted trees trained on synthetic rows to predict the target.

    A category, or a number that takes two values, is classified: ROC AUC, the mean over the classes of one against the
    rest. A count (whole numbers from 0 on, few on average) has its rate modelled: D², the share of the Poisson deviance that
    is explained. Any other number is regressed: R². The same trees trained on real rows set the ceiling, on independent columns the
    floor; the noise is that of the difference between the two models on the same test rows. Beside it: the real model on
    synthetic rows (easier than real rows, if it is better there), and calibration: how far predicted chances
    (or numbers, in standard deviations) are from what comes, in ten groups of rows. Without a holdout a quarter of the real
    rows serves as the test, which flatters a generator that copied them. At most 50,000 rows are learnt from and 20,000
    tested, in 200 rounds (fewer with many classes).
    Source: C. Esteban, S. Hyland, G. Rätsch, "Real-valued (medical) time series generation with recurrent conditional
    GANs" (2017), section 4 ("train on synthetic, test on real" and the reverse).
    """

    title: ClassVar[str] = "Train on synthetic, test on real"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 40

    good: float = 0.02
    """AUC below the ceiling up to which it is good (for R² and D², twice that)."""
    fair: float = 0.08
    """AUC below the ceiling up to which it is fair (for R² and D², twice that)."""

    def measure(self, context: Context) -> Result:
        """Judge what the synthetic rows teach."""
        trained = context.trained
        if isinstance(trained, str):
            return unmeasured(self, trained)
        task = trained.task
        y = task.y(task.test)
        value, floor, ceiling = (task.score(y, trained.found[k]) for k in ("synthetic", "floor", "real"))
        if value is None or ceiling is None:
            return unmeasured(self, f"a model of {task.target.name!r} gave no finite score; look for extreme values.")
        wider = 2.0 if task.classes is None else 1.0
        low = max(task.guess, floor if floor is not None else task.guess)
        half, apart = _noise(trained, y, context.rng("utility", "noise"))
        level = grade(ceiling - value, wider * self.good, wider * self.fair, ceiling - low, apart or 0.0)
        said = (
            f"A model of {task.target.name!r} trained on synthetic rows reaches {task.unit} {value:.3f} on real ones; "
            f"trained on real rows it reaches {ceiling:.3f}"
        )
        sentence = {
            "good": f"{said}: the synthetic rows teach nearly the same.",
            "fair": f"{said}. Fit to explore and compare models; train the final one on real rows.",
            "poor": f"{said}. The relation to the target is largely lost: do not train on these rows.",
        }[level]
        if ceiling - low <= 2 * wider * self.good:
            sentence += " (Even real rows hardly predict this target, so this says little.)"
        common: dict[str, Any] = {"unit": task.unit, "better": "higher", "ideal": 1.0, "bad": task.guess}
        main = Figure(
            name={"R²": "r2", "D²": "d2"}.get(task.unit, "auc"),
            label=f"{task.unit} for {task.target.name} on real rows",
            value=value,
            floor=floor,
            ceiling=ceiling,
            noise=apart,
            **interval(value, half, high=1.0),
            **common,
        )
        back = Figure(
            name="trts",
            label=f"{task.unit} of the real model on synthetic rows",
            value=task.score(task.y(trained.tested), trained.back),
            ceiling=ceiling,
            reason="the synthetic rows have a single class, or no spread",
            **common,
        )
        return result(
            self,
            level,
            sentence,
            how=f"tested on {rows(task.test.n)}; boosted trees, {task.rounds} rounds, up to {rows(MOST_ROWS)} to learn from",
            figures=(main, back, _calibration(trained, y)),
            details={"curve": _curve(trained, y)},
            notes=task.notes,
        )


def _noise(trained: Trained, y: Floats, rng: np.random.Generator) -> tuple[float | None, float | None]:
    """Half the interval of the synthetic model's score, and of its difference from the real model's."""
    task, found = trained.task, trained.found

    def both(some: Ints) -> Floats | None:
        a, b = (task.score(y[some], found[k][some]) for k in ("synthetic", "real"))
        return None if a is None or b is None else np.array([a, b - a])

    halves = jackknife_rows(both, len(y), rng)
    return (None, None) if halves is None else (float(halves[0]), float(halves[1]))


def reliability(task: Task, y: Floats, found: Floats) -> tuple[Floats, Floats, Floats]:
    """Groups of rows of like prediction: mean prediction, mean truth, and share of the rows, shape (groups,) each.

    Of two classes it is the chance of the second, of more the chances of all, each a prediction of its own.
    """
    if task.classes is None:
        predicted, came = found, y
    elif len(task.classes) == 2:
        predicted, came = found[:, 1], (y == 1).astype(np.float64)
    else:
        predicted, came = found.ravel(), (y[:, None] == np.arange(len(task.classes))).astype(np.float64).ravel()
    parts = [p for p in np.array_split(np.argsort(predicted, kind="stable"), BINS) if len(p)]
    means = [(predicted[p].mean(), came[p].mean(), len(p) / len(came)) for p in parts]
    a, b, c = np.array(means).T
    return a, b, c


def _calibration(trained: Trained, y: Floats) -> Figure:
    task = trained.task
    errors = {}
    for name, found in trained.found.items():
        predicted, came, share = reliability(task, y, found)
        errors[name] = float((np.abs(predicted - came) * share).sum()) / (float(y.std()) if task.counts else 1.0)
    finite = {k: v for k, v in errors.items() if np.isfinite(v)}
    return Figure(
        name="calibration",
        label="calibration error on real rows" + (", in standard deviations" if task.classes is None else ""),
        value=finite.get("synthetic"),
        floor=finite.get("floor"),
        ceiling=finite.get("real"),
        unit="SD" if task.classes is None else "share",
        better="lower",
        ideal=0.0,
        bad=0.2,
        reason="the predictions are not finite",
    )


def _curve(trained: Trained, y: Floats) -> dict[str, Any]:
    """Calibration of both models, within the unit square."""
    task = trained.task
    lines = [(k, reliability(task, y, trained.found[k])[:2]) for k in ("synthetic", "real")]
    every = np.concatenate([np.concatenate(points) for _, points in lines])
    low, high = (0.0, 1.0) if task.classes is not None else (float(every.min()), float(every.max()))
    span = high - low if high > low else 1.0
    labels = {"synthetic": "trained on synthetic rows", "real": "trained on real rows"}
    return {
        "title": f"Calibration of {task.target.name} on real rows",
        "x": "predicted" if task.classes is not None else "predicted (lowest to highest)",
        "y": "what came",
        "lines": [
            {
                "label": labels[k],
                "points": [[round(float(v - low) / span, 4) for v in p] for p in zip(a, b, strict=True)],
            }
            for k, (a, b) in lines
        ],
    }
