"""Shadow models: what an attacker learns who can train such a generator himself, many times over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import RowsmithError
from rowsmith.core.nearest import Points
from rowsmith.evaluate._align import Columns, align
from rowsmith.evaluate._attacked import TOO_FEW, attack_figure, between, controls, plain, powerless
from rowsmith.evaluate._context import Context, Shadows
from rowsmith.evaluate._measure import Aspect, Measure, Result, grade, result, worst
from rowsmith.evaluate._scores import Scores, Side
from rowsmith.evaluate._space import Space, nearest, nearest_two
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._values import Values
from rowsmith.evaluate._words import percent, rows
from rowsmith.evaluate.membership import FALSE, WAYS

FEWEST = 100
FEWEST_MODELS = 4
NEAR = 1e-3
APART = 0.05
"""Share of the rows that count as standing apart."""
SHRINK = 4
"""Models' worth of the common variance that each target's own is mixed with."""
SHOWN = ("auc", "tpr", "tpr1", "apart")


@dataclass(frozen=True, kw_only=True)
class Shadow(Measure):
    """Membership, attacked with shadow models: generators trained on rows of which the attacker knows the membership.

    Real rows, learnt and unseen, are pooled. Each shadow model learns a random half of the pool and draws a table; so for every
    target one sees how near tables come that were drawn without it. The more standard deviations nearer the table to
    judge comes, the higher the target scores. The attack knows how hard each target is, which the density ratio only guesses from
    its neighbours. The models are those of this package (or the learner that made the table, in `synth`): of a table from
    another tool, which may remember otherwise, they tell less. Controls: a copy of the training rows, and a shadow
    table in place of the one to judge.
    Source: N. Carlini et al., "Membership inference attacks from first principles" (2022), section 5.2 (the offline likelihood
    ratio), with variances shrunk towards a common one for few models; shadow models of generators after T. Stadler, B.
    Oprisanu, C. Troncoso, "Synthetic data: anonymisation groundhog day" (2022), section 4.
    """

    title: ClassVar[str] = "Shadow models"
    aspect: ClassVar[Aspect] = "privacy"
    order: ClassVar[int] = 52
    thorough: ClassVar[bool] = True

    good: float = 0.03
    """AUC and hit rate above chance up to which it is good, the interval's lower end counting."""
    fair: float = 0.1
    """AUC and hit rate above chance up to which it is fair."""
    most_rows: int = 20_000
    """Rows of the pool, at most half of them unseen ones; each model learns a half of it."""
    most_targets: int = 2_000
    """Rows of each side that are attacked whoever they are."""

    def measure(self, context: Context) -> Result:
        """Train the models and attack."""
        shadows = context.shadows
        reason = context.why_no_distances(FEWEST)
        if shadows is None or shadows.n < FEWEST_MODELS:
            reason = f"it takes at least {FEWEST_MODELS} shadow models (shadow=…, --shadow)."
        if reason or shadows is None:
            return powerless(self, reason)
        try:
            return _Attack(self, context, shadows, *self._pool(context)).run()
        except (RowsmithError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as fault:
            return powerless(self, f"no shadow model could be trained ({fault}).")

    def _pool(self, context: Context) -> tuple[pa.Table, NDArray[np.bool_]]:
        """Learnt and unseen rows in random order, and which of them are learnt."""
        names = [f.name for f in context.features]
        real, holdout = (context.rows[role].select(names) for role in ("real", "holdout"))
        holdout = holdout.cast(real.schema)
        m = min(holdout.num_rows, self.most_rows // 2)
        n = min(real.num_rows, self.most_rows - m)
        rng = context.rng("shadow", "pool")
        parts = [table.take(rng.permutation(table.num_rows)[:k]) for table, k in ((real, n), (holdout, m))]
        order = rng.permutation(n + m)
        return pa.concat_tables(parts).take(order), np.asarray(order < n)


@dataclass(frozen=True)
class _Attack:
    """One run: the pool, and who of it was learnt."""

    settings: Shadow
    context: Context
    shadows: Shadows
    pool: pa.Table
    learnt: NDArray[np.bool_]

    def run(self) -> Result:
        targets = self._targets()
        n = len(self.learnt)
        out, near = [], []
        for i in range(self.shadows.n):
            part = self.context.rng("shadow", "part", i).permutation(n) < n // 2
            table = self.shadows.draw(self.pool.filter(pa.array(part)), n // 2, self.context.key.child("shadow", i))
            out.append(~part[targets.at])
            near.append(self._near(table, targets.at))
        models = np.array(out), np.array(near)
        rng = self.context.rng("shadow", "tables")
        copied = rng.choice(np.flatnonzero(self.learnt), n // 2)
        drawn = rng.permutation(self.context.synthetic.n)[: n // 2]
        tables = self.context.rows["synthetic"].take(drawn), self.pool.take(copied)
        synthetic, copy = (targets.split(_unusual(self._near(t, targets.at), *models)) for t in tables)
        # A shadow table plays the one to judge: its half of the pool has nothing to do with who was learnt.
        fresh = targets.split(_unusual(models[1][0], models[0][1:], models[1][1:]))
        return self._result(synthetic, copy, fresh)

    def _targets(self) -> _Targets:
        """Rows to attack: as many of each side as there may be, and those that stand apart."""
        points, _ = self._points(self.pool)
        far = nearest_two(points, points)[1]
        apart = far > np.quantile(far, 1 - APART)
        random = np.zeros(len(far), dtype=bool)
        for side in (self.learnt, ~self.learnt):
            random[np.flatnonzero(side)[: self.settings.most_targets]] = True
        at = np.flatnonzero(random | apart)
        return _Targets(at, self.learnt[at], random[at], apart[at])

    def _points(self, table: pa.Table) -> tuple[Points, Points]:
        """The pool and a table, in the space of the pool."""
        aligned = align({"real": self.pool, "synthetic": table})
        pool, other = aligned.tables["real"], aligned.tables["synthetic"]
        space = Values.fit(aligned.features, pool, Space.fit(aligned.features, [pool]))
        return space.points(pool), space.points(other)

    def _near(self, table: pa.Table, targets: NDArray[np.int64]) -> Floats:
        """Logarithm of the distance of each target to the nearest row of a table."""
        pool, cloud = self._points(table)
        return np.asarray(np.log(nearest(cloud, pool[targets]) + NEAR))

    def _result(self, synthetic: Scores, copy: Scores, fresh: Scores) -> Result:
        settings = self.settings
        found, caught, clean = ({name: WAYS[name].read(s) for name in SHOWN} for s in (synthetic, copy, fresh))
        n, m = (len(side.of(apart=False)) for side in (synthetic.learnt, synthetic.unseen))
        parts: dict[str, Any] = {
            "how": f"{self.shadows.n} models of {rows(len(self.learnt) // 2)} each, {self.shadows.name}; {rows(n)} learnt and "
            f"{rows(m)} unseen attacked" + controls(caught["tpr1"], clean["tpr1"]),
            "figures": tuple(
                attack_figure(
                    name,
                    WAYS[name].label,
                    found[name],
                    fresh=clean[name],
                    copy=caught[name],
                    chance=WAYS[name].chance,
                    unit="AUC" if name == "auc" else "share",
                    reason="no row stands apart from the others",
                )
                for name in SHOWN
            ),
            "details": {
                "controls": {
                    "copy": {name: plain(e) for name, e in caught.items()},
                    "fresh": {name: plain(e) for name, e in clean.items()},
                }
            },
        }
        if not any(e is not None and e.low > WAYS[name].chance for name, e in caught.items()):
            return powerless(settings, f"the attack recognises nobody even in a plain copy: {TOO_FEW}.", **parts)
        level = worst(
            [grade(e.low - WAYS[k].chance, settings.good, settings.fair) for k, e in found.items() if e is not None]
        )
        common = found["tpr"]
        assert common is not None
        said = (
            f"An attacker with {self.shadows.n} shadow models recognises {percent(common.value)} ({between(common)}) of the "
            f"training rows at {percent(FALSE)} false alarms"
        )
        sentence = {
            "good": f"{said}: no better than guessing, within the noise.",
            "fair": f"{said}. Some rows are recognisable: learn with less detail (--set detail=0.2) before you publish.",
            "poor": f"{said}: the synthetic table gives its training rows away. Do not release it.",
        }[level]
        return result(settings, level, sentence, **parts)


@dataclass(frozen=True)
class _Targets:
    """Rows of the pool that are attacked: their numbers, who was learnt, who is there by chance, who stands apart."""

    at: NDArray[np.int64]
    learnt: NDArray[np.bool_]
    random: NDArray[np.bool_]
    apart: NDArray[np.bool_]

    def split(self, score: Floats) -> Scores:
        return Scores(
            *(
                Side(Columns((), int(s.sum())), score[s], self.random[s], self.apart[s])
                for s in (self.learnt, ~self.learnt)
            )
        )


def _unusual(near: Floats, out: NDArray[np.bool_], models: Floats) -> Floats:
    """How much nearer a table comes to each target than tables do that were drawn without it, in standard deviations.

    Args:
        near: logarithm of the distance to each target, shape (targets,).
        out: whether a model was trained without a target, shape (models, targets).
        models: logarithm of the distances of the models' tables, shape (models, targets).
    """
    n = np.maximum(out.sum(axis=0), 1)
    mean = np.where(out, models, 0.0).sum(axis=0) / n
    mean = np.where(out.any(axis=0), mean, models.mean(axis=0))
    squares = np.where(out, (models - mean) ** 2, 0.0).sum(axis=0)
    common = squares.sum() / max(out.sum() - len(n), 1)
    deviation = np.sqrt((squares + SHRINK * common) / (n - 1 + SHRINK)) + NEAR
    return np.asarray((mean - near) / deviation)
