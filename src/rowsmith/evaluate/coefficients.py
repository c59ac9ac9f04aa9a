"""Coefficients: does a regression on synthetic rows come to the same coefficients?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._design import Design
from rowsmith.evaluate._glm import logistic, poisson
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._noise import apart, interval
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._task import Task
from rowsmith.evaluate._words import percent, readable, rows

FEWEST = 10
"""Rows a coefficient."""
SHOWN = 15
NORMAL = 1.96


@dataclass(frozen=True, kw_only=True)
class Coefficients(Measure):
    """Overlap of the 95 % intervals of a regression's coefficients, real against synthetic, on average.

    The target is explained by all other columns: by least squares if it is a number, by a logistic regression if it has
    two classes (of more, the most frequent against the rest), by a Poisson regression with a free dispersion if it counts
    something. The overlap of two intervals is its mean share of either: 1 if
    they are equal, 0 if they touch, negative (here -1 at least) if they are apart. Also: coefficients whose sign and significance
    agree. All tables are cut to one size. Synthetic rows are taken at face value, as a reader of theirs would.
    Source: A. Karr et al., "A framework for evaluating the utility of data altered to protect confidentiality" (2006), section
    3; as "compare" of synthpop (B. Nowok, G. Raab, C. Dibben, 2016).
    """

    title: ClassVar[str] = "Regression coefficients"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 44
    decisive: ClassVar[bool] = False

    good: float = 0.1
    """Below the ceiling up to which it is good."""
    fair: float = 0.3
    """Below the ceiling up to which it is fair."""
    most_rows: int = 10_000
    """Rows of each table."""
    most_levels: int = 5
    """Levels of a category that have a coefficient, besides the most frequent one."""

    def measure(self, context: Context) -> Result:
        """Fit the regression to every table."""
        trained = context.trained
        if isinstance(trained, str):
            return unmeasured(self, trained)
        task = trained.task
        halves = np.array_split(context.rng("coefficients", "halves").permutation(trained.tables["real"].n), 2)
        unseen = task.test if context.holdout is not None else trained.tables["real"].take(halves[1])
        base = trained.tables["real"] if context.holdout is not None else trained.tables["real"].take(halves[0])
        tables = trained.tables | {"base": base, "unseen": unseen}
        n = min(self.most_rows, *(t.n for t in tables.values()))
        if n < 2 * FEWEST:
            return unmeasured(
                self, f"{rows(n)} are too few for a regression; it takes {FEWEST} rows for each coefficient."
            )
        tables = {name: context.sample(t, n, "coefficients", name) for name, t in tables.items()}
        design = Design.fit(task.inputs, task.others(tables["real"]), self.most_levels)
        if n > len(design.names):
            design = _usable(design, task, tables)
        if len(design.names) < 2:
            return unmeasured(self, "no column but the target varies enough in every table.")
        if n < FEWEST * len(design.names):
            return unmeasured(
                self, f"{rows(n)} are too few for {len(design.names)} coefficients; it takes {FEWEST} rows for each."
            )
        one = _one(task, trained.tables["real"])
        fits = {name: _fit(task, design, t, one) for name, t in tables.items()}
        if not all(np.isfinite(v).all() for fit in fits.values() for v in fit):
            return unmeasured(self, "the regression has no finite solution.")
        pairs = {"value": ("real", "synthetic"), "floor": ("real", "floor"), "ceiling": ("base", "unseen")}
        overlaps = {use: _overlap(*(fits[name] for name in pair)) for use, pair in pairs.items()}
        agree = {use: float(_agree(*(fits[name] for name in pair)).mean()) for use, pair in pairs.items()}
        half = {use: _half(o) for use, o in overlaps.items()}
        value = float(overlaps["value"].mean())
        figures = (
            Figure(
                name="overlap",
                label="mean overlap of the intervals",
                value=value,
                floor=float(overlaps["floor"].mean()),
                ceiling=float(overlaps["ceiling"].mean()),
                unit="",
                better="higher",
                ideal=1.0,
                bad=0.0,
                noise=apart(half["value"], half["ceiling"]),
                **interval(value, half["value"], -1.0, 1.0),
            ),
            Figure(
                name="agree",
                label="coefficients of the same sign and significance",
                unit="share",
                better="higher",
                ideal=1.0,
                bad=0.0,
                value=agree["value"],
                floor=agree["floor"],
                ceiling=agree["ceiling"],
            ),
        )
        level = level_of(figures[0], self.good, self.fair)
        worst = readable(design.names[1 + int(np.argmin(overlaps["value"]))])
        same = percent(agree["value"])
        said = f"Intervals of a regression of {task.target.name!r} overlap by {value:.2f}; {same} of the coefficients agree"
        sentence = {
            "good": f"{said}: a reader comes to the same conclusions.",
            "fair": f"{said}; least so for {worst!r}. Check a conclusion on real rows before you publish it.",
            "poor": f"{said}; least so for {worst!r}. Do not draw conclusions from regressions on these rows.",
        }[level]
        order = np.argsort(overlaps["value"], kind="stable")[:SHOWN]
        cells = [
            [
                readable(design.names[1 + k], 60),
                *(_span(fits[t], 1 + k) for t in ("real", "synthetic")),
                f"{overlaps['value'][k]:.2f}",
            ]
            for k in order
        ]
        return result(
            self,
            level,
            sentence,
            how=f"{len(design.names) - 1} coefficients, {rows(n)} of each table",
            figures=figures,
            details={
                "table": {
                    "title": f"Coefficients for {task.target.name} that overlap least (95 % intervals, standardised)",
                    "head": ["coefficient", "real", "synthetic", "overlap"],
                    "rows": cells,
                }
            },
        )


def _usable(design: Design, task: Task, tables: dict[str, Columns]) -> Design:
    """The terms that vary in every table, without those that others make up."""
    keep = np.ones(len(design.names), dtype=bool)
    for table in tables.values():
        x = design.matrix(task.others(table))
        keep[1:] &= (x[:, 1:].std(axis=0) > 1e-9) & ((x[:, 1:] != x[:1, 1:]).sum(axis=0) >= 2)
    for table in tables.values():
        chosen = np.flatnonzero(keep)
        x = design.matrix(task.others(table))[:, chosen]
        size = np.abs(np.diag(np.linalg.qr(x / np.linalg.norm(x, axis=0), mode="r")))
        keep[chosen[size < 1e-4]] = False
    keep[0] = True
    return design.pick(np.flatnonzero(keep).tolist())


def _one(task: Task, real: Columns) -> int:
    """The class whose chance is modelled: the second of two, or the most frequent one of more."""
    if task.classes is None or len(task.classes) == 2:
        return 1
    return int(np.bincount(task.y(real).astype(np.int64)).argmax())


def _fit(task: Task, design: Design, table: Columns, one: int) -> tuple[Floats, Floats]:
    """Coefficients and their standard errors."""
    x, y = design.matrix(task.others(table)), task.y(table)
    if task.classes is not None:
        beta, covariance = logistic(x, (y == one).astype(np.float64), 1e-5)
        return beta, np.sqrt(np.diag(covariance))
    if task.counts:
        beta, covariance = poisson(x, y, 1e-5)
        return beta, np.sqrt(np.diag(covariance))
    inverse = np.linalg.pinv(x.T @ x, hermitian=True)
    beta = inverse @ (x.T @ y)
    noise = float(((y - x @ beta) ** 2).sum()) / max(len(y) - x.shape[1], 1)
    return beta, np.sqrt(np.maximum(np.diag(inverse) * noise, 0.0))


def _half(values: Floats) -> float | None:
    """Half the 95 % interval of the mean of k values; the coefficients hang together, so it is rather too narrow."""
    from scipy.stats import t

    k = len(values)
    return float(t.ppf(0.975, k - 1) * values.std(ddof=1) / k**0.5) if k > 1 else None


def _overlap(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> Floats:
    """Of each coefficient but the intercept."""
    low, high = (
        np.maximum(a[0] - NORMAL * a[1], b[0] - NORMAL * b[1]),
        np.minimum(a[0] + NORMAL * a[1], b[0] + NORMAL * b[1]),
    )
    widths = [np.maximum(2 * NORMAL * each[1], 1e-12) for each in (a, b)]
    return np.asarray(
        np.clip(0.5 * (high - low) / widths[0] + 0.5 * (high - low) / widths[1], -1.0, 1.0)[1:], dtype=np.float64
    )


def _agree(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> Floats:
    signs = [np.where(np.abs(beta) > NORMAL * error, np.sign(beta), 0.0) for beta, error in (a, b)]
    return np.asarray((signs[0] == signs[1])[1:], dtype=np.float64)


def _span(fit: tuple[Floats, Floats], k: int) -> str:
    return f"{fit[0][k] - NORMAL * fit[1][k]:.2f} to {fit[0][k] + NORMAL * fit[1][k]:.2f}"
