"""What all measures share, prepared once: aligned columns, the floor table, halves, samples, random streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from rowsmith.core.rng import Key
from rowsmith.evaluate._align import Columns, Feature
from rowsmith.evaluate._once import once
from rowsmith.evaluate._scores import Trials, trials
from rowsmith.evaluate._space import Space
from rowsmith.evaluate._values import Values
from rowsmith.evaluate._words import rows

if TYPE_CHECKING:
    from rowsmith.evaluate._trained import Trained

SPACE_ROWS = 40_000

Draw = Callable[[pa.Table, int, Key], pa.Table]
"""Learns a table and draws so many rows of it."""


@dataclass(frozen=True)
class Shadows:
    """How an attacker makes tables himself.

    Attributes:
        n: how many.
        draw: makes one.
        name: of the learner, for the reader.
    """

    n: int
    draw: Draw
    name: str


@dataclass(frozen=True)
class Context:
    """The tables to judge, and what measures need of them.

    Attributes:
        features: columns that are compared (identifiers are not among them).
        real: the rows that were learnt from.
        synthetic: the rows to judge.
        holdout: real rows that nobody learnt from, if there are any.
        names: columns that only name rows, and their values in the three tables, to see whether they leaked.
        target: what a model should predict.
        key: random stream of the judgement.
        workers: threads of the classifiers.
        full: whether to look at more rows, for as long as it takes.
        rules: SQL that must hold in every row, by name.
        rows: the tables as they were given, by role.
        checked: the same with what rules read of other rows; those of `rows` if left out.
        shadows: models to attack with, if there are any.
        parts: two parts of the real table that hold for real rows and unseen ones where there is no holdout; random halves
            if left out.
        loose: a table with right margins and no structure; columns shuffled on their own if left out.
        apart: pairs of parts of the real rows that are told apart by what is no fault of a synthetic row: whose rows they are.
    """

    features: tuple[Feature, ...]
    real: Columns
    synthetic: Columns
    holdout: Columns | None
    names: tuple[tuple[Feature, Columns, Columns, Columns | None], ...]
    target: str | None
    key: Key
    workers: int
    full: bool = False
    rules: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, pa.Table] = field(default_factory=dict)
    checked: Mapping[str, pa.Table] = field(default_factory=dict)
    shadows: Shadows | None = None
    parts: tuple[Columns, Columns] | None = None
    loose: Columns | None = None
    apart: tuple[tuple[Columns, Columns], ...] = ()

    def rng(self, *names: str | int) -> np.random.Generator:
        """A generator for one use; name it after the measure and the use."""
        return self.key.child(*names).generator()

    def narrow(self, most: int) -> Context:
        """The same with at most so many columns, drawn at random; the target stays."""
        if len(self.features) <= most:
            return self
        order = self.rng("narrow").permutation(len(self.features)).tolist()
        target = self.target_place
        first = [] if target is None else [target]
        kept = sorted([*first, *(i for i in order if i != target)][:most])
        return replace(
            self,
            features=tuple(self.features[i] for i in kept),
            real=self.real.pick(kept),
            synthetic=self.synthetic.pick(kept),
            holdout=None if self.holdout is None else self.holdout.pick(kept),
            parts=None if self.parts is None else (self.parts[0].pick(kept), self.parts[1].pick(kept)),
            loose=None if self.loose is None else self.loose.pick(kept),
            apart=tuple((a.pick(kept), b.pick(kept)) for a, b in self.apart),
        )

    def sample(self, table: Columns, most: int, *names: str | int) -> Columns:
        """At most so many rows of a table, drawn without replacement, in random order."""
        return table.take(self.rng("sample", *names).permutation(table.n)[:most])

    @once
    def floor(self) -> Columns:
        """The real table with every column shuffled on its own: right margins, no structure."""
        if self.loose is not None:
            return self.loose
        shuffled = [
            array[self.rng("floor", feature.name).permutation(self.real.n)]
            for feature, array in zip(self.features, self.real.arrays, strict=True)
        ]
        return Columns(tuple(shuffled), self.real.n)

    @once
    def halves(self) -> tuple[Columns, Columns]:
        """The real table cut in two at random: a ceiling where there is no holdout."""
        if self.parts is not None:
            return self.parts
        order = self.rng("halves").permutation(self.real.n)
        cut = (self.real.n + 1) // 2
        return self.real.take(order[:cut]), self.real.take(order[cut:])

    @once
    def unseen(self) -> tuple[Columns, Columns]:
        """Real rows and other real rows that nobody learnt from: the real table and the holdout, or two halves."""
        return (self.real, self.holdout) if self.holdout is not None else self.halves

    @once
    def target_place(self) -> int | None:
        """Which feature is the target; None if it is none that can be compared."""
        return next((i for i, f in enumerate(self.features) if f.name == self.target), None)

    @once
    def trained(self) -> Trained | str:
        """Models of the target, or why there are none."""
        from rowsmith.evaluate._task import Task
        from rowsmith.evaluate._trained import Trained

        task = Task.of(self)
        return task if isinstance(task, str) else Trained.of(self, task)

    @once
    def copy(self) -> Columns:
        """As many rows as the synthetic table has, drawn from the training rows: a leak that must be seen."""
        return self.real.take(self.rng("copy").integers(0, self.real.n, self.synthetic.n))

    @once
    def space(self) -> Space:
        """Rows as points of one space, so that they have distances."""
        tables = [self.real, self.synthetic] + ([self.holdout] if self.holdout is not None else [])
        return Space.fit(self.features, [self.sample(t, SPACE_ROWS, "space", i) for i, t in enumerate(tables)])

    @once
    def values(self) -> Values:
        """The same space by values in place of ranks, for attacks."""
        return Values.fit(self.features, self.real, self.space)

    @once
    def trials(self) -> Trials:
        """Scores of learnt and unseen rows under the synthetic table and its controls; it takes a holdout."""
        return trials(self)

    def why_no_distances(self, fewest: int) -> str:
        """Why synthetic rows cannot be held between learnt and unseen ones, as a sentence; "" if they can.

        Args:
            fewest: rows of each that are needed.
        """
        if self.holdout is None:
            return (
                "it takes real rows that the generator never saw. Keep some apart and pass them (holdout=…, --holdout)."
            )
        if not self.features:
            return "there is no column that can be compared."
        n = min(self.holdout.n, self.real.n)
        return "" if n >= fewest else f"there are only {rows(n)} to look at; at least {fewest} are needed."
