"""Subgroups: is the model of synthetic rows as good, and as fair, for every group?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from rowsmith.evaluate._context import Context
from rowsmith.evaluate._measure import Aspect, Figure, Measure, Result, level_of, result, unmeasured
from rowsmith.evaluate._noise import apart, interval, jackknife_rows
from rowsmith.evaluate._stats import Floats, Ints
from rowsmith.evaluate._task import Task
from rowsmith.evaluate._trained import Trained
from rowsmith.evaluate._words import readable, rows, show

SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class _Group:
    name: str
    column: str
    places: Ints


@dataclass(frozen=True, kw_only=True)
class Fairness(Measure):
    """The group of real test rows that loses most by training on synthetic rows, and what becomes of fairness gaps.

    Groups are the levels of categories with few levels, and the thirds of numbers with many values, each of enough
    test rows. A group's loss is what the model of real rows scores in it less what the model of synthetic rows does; the worst
    of many groups loses by chance, and the ceiling is what it loses between models of two halves of the real rows. For
    two classes, the fairness gap of a column is the largest difference between its groups in how often the second
    class is predicted (as often overall as it occurs); its change from the model of real to that of synthetic rows is shown.
    Source: M. Hardt, E. Price, N. Srebro, "Equality of opportunity in supervised learning" (2016), section 2, demographic
    parity; subgroup utility after B. van Breugel et al., "DECAF" (2021), section 5.
    """

    title: ClassVar[str] = "Subgroups and fairness"
    aspect: ClassVar[Aspect] = "utility"
    order: ClassVar[int] = 43
    decisive: ClassVar[bool] = False

    good: float = 0.04
    """Score lost up to which the worst group is good, noise apart (for R² and D², twice that)."""
    fair: float = 0.12
    """Score lost up to which it is fair, noise apart (for R² and D², twice that)."""
    fewest: int = 100
    """Test rows of a group."""
    most_levels: int = 12
    """Levels of a category up to which they are groups."""

    def measure(self, context: Context) -> Result:
        """Look at every group."""
        trained = context.trained
        if isinstance(trained, str):
            return unmeasured(self, trained)
        task = trained.task
        y = task.y(task.test)
        real, made, (half, other) = trained.found["real"], trained.found["synthetic"], (f for _, f in trained.halves)
        groups = list(self._groups(task))
        losses = [(g, x) for g in groups if (x := _loss(task, y, g.places, real, made)) is not None]
        if not losses:
            return unmeasured(self, f"no group has at least {self.fewest} test rows and both classes among them.")
        losses.sort(key=lambda x: -x[1])
        worst, value = losses[0]
        noise = _noise(context, task, y, worst, real, made)
        base, ceiling = _worst(task, y, groups, half, other)
        wider = 2.0 if task.classes is None else 1.0
        figure = Figure(
            name="loss",
            label=f"{task.unit} lost in the worst of {len(losses)} groups",
            value=value,
            unit=task.unit,
            better="lower",
            ideal=0.0,
            bad=wider * 0.2,
            floor=_worst(task, y, groups, real, trained.found["floor"])[1],
            ceiling=ceiling,
            noise=None if base is None else apart(noise, _noise(context, task, y, base, half, other)),
            **interval(value, noise),
        )
        gap = self._gap(trained, y, [g for g, _ in losses])
        level = level_of(figure, wider * self.good, wider * self.fair)
        said = f"The group that loses most is {readable(worst.name)!r} ({show(value, task.unit)} of {task.unit})"
        sentence = {
            "good": f"{said}: no group is served much worse.",
            "fair": f"{said}: look at it before you rely on a model of these rows.",
            "poor": f"{said}: a model of these rows fails it. Draw more of the group (sample --where) or use real rows.",
        }[level]
        cells = [
            [
                readable(g.name, 60),
                f"{len(g.places):,}",
                *(show(task.score(y[g.places], trained.found[k][g.places]), task.unit) for k in ("real", "synthetic")),
            ]
            for g, _ in losses[:SHOWN]
        ]
        return result(
            self,
            level,
            sentence,
            how=f"{len(losses)} groups of at least {rows(self.fewest)}; the interval is that of the worst one alone",
            figures=(figure,) if gap is None else (figure, gap),
            details={
                "table": {
                    "title": "Groups that lose most",
                    "head": ["group", "test rows", f"{task.unit}, real", f"{task.unit}, synthetic"],
                    "rows": cells,
                }
            },
        )

    def _groups(self, task: Task) -> Iterator[_Group]:
        for feature, values in zip(task.inputs, task.others(task.test).arrays, strict=True):
            if feature.kind == "category":
                used = np.unique(values[values >= 0])
                if len(used) > self.most_levels:
                    continue
                parts = {f"{feature.name} = {feature.levels[k]}": values == k for k in used}
            else:
                known = values[~np.isnan(values)]
                if len(np.unique(known)) < 10:
                    continue
                low, high = np.quantile(known, [1 / 3, 2 / 3], method="nearest")
                names = ("lowest third", "middle third", "highest third")
                flags: tuple[NDArray[np.bool_], ...] = (values <= low, (values > low) & (values <= high), values > high)
                parts = {f"{feature.name}, {name}": flag for name, flag in zip(names, flags, strict=True)}
            for name, flag in parts.items():
                if flag.sum() >= self.fewest:
                    yield _Group(name=name, column=feature.name, places=np.flatnonzero(flag))

    def _gap(self, trained: Trained, y: Floats, groups: list[_Group]) -> Figure | None:
        """How much the largest fairness gap of a column changes, for two classes."""
        task = trained.task
        if task.classes is None or len(task.classes) != 2:
            return None
        columns: dict[str, list[_Group]] = {}
        for group in groups:
            columns.setdefault(group.column, []).append(group)
        gaps = {
            who: {
                name: _spread(trained.found[who][:, 1], float(y.mean()), own)
                for name, own in columns.items()
                if len(own) > 1
            }
            for who in ("synthetic", "real", "floor")
        }
        if not gaps["real"]:
            return None
        change = {who: max(abs(gap[c] - gaps["real"][c]) for c in gap) for who, gap in gaps.items()}
        return Figure(
            name="fairness",
            label="largest change of a fairness gap",
            value=change["synthetic"],
            floor=change["floor"],
            unit="share",
            better="lower",
            ideal=0.0,
            bad=0.2,
        )


def _loss(task: Task, y: Floats, some: Ints, better: Floats, other: Floats) -> float | None:
    """What one model scores among some rows less what another does."""
    scores = [task.score(y[some], found[some]) for found in (better, other)]
    return None if scores[0] is None or scores[1] is None else scores[0] - scores[1]


def _worst(
    task: Task, y: Floats, groups: list[_Group], better: Floats, other: Floats
) -> tuple[_Group | None, float | None]:
    """The group that loses most, and its loss."""
    losses = [(g, x) for g in groups if (x := _loss(task, y, g.places, better, other)) is not None]
    return max(losses, key=lambda x: x[1], default=(None, None))


def _noise(context: Context, task: Task, y: Floats, group: _Group, better: Floats, other: Floats) -> float | None:
    def statistic(some: Ints) -> Floats | None:
        loss = _loss(task, y, group.places[some], better, other)
        return None if loss is None else np.array([loss])

    half = jackknife_rows(statistic, len(group.places), context.rng("fairness", "noise"))
    return None if half is None else float(half[0])


def _spread(chance: Floats, rate: float, groups: list[_Group]) -> float:
    """The largest difference between groups in how often the second class is predicted."""
    cut = np.quantile(chance, 1 - rate)
    shares = [float((chance[g.places] > cut).mean()) for g in groups]
    return max(shares) - min(shares)
