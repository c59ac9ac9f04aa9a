"""The models of a judgement's target: trained once, looked at by every measure of utility."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
from rowsmith.evaluate._once import once
from rowsmith.evaluate._stats import Floats
from rowsmith.evaluate._task import Fitted, Task
from rowsmith.evaluate._trees import side_by_side


@dataclass(frozen=True)
class Trained:
    """Models of three tables, and what they say of the real test rows.

    Attributes:
        task: what they predict.
        synthetic: of the synthetic table.
        real: of the real one.
        floor: of independent columns.
        found: the predictions of the three for the test rows, by the names above.
        back: the real model's predictions for synthetic rows.
        tested: these synthetic rows.
        tables: the rows that each of the three was trained on.
    """

    task: Task
    synthetic: Fitted
    real: Fitted
    floor: Fitted
    found: dict[str, Floats]
    back: Floats
    tested: Columns
    tables: dict[str, Columns]

    @classmethod
    def of(cls, context: Context, task: Task) -> Trained:
        """Train and predict."""
        made = task.usable(context, context.synthetic)
        tables = {"synthetic": made, "real": _usable(task), "floor": task.usable(context, context.floor)}
        fitted = side_by_side([partial(Fitted.of, task, t) for t in tables.values()], context.workers)
        models = dict(zip(tables, fitted, strict=True))
        x = task.x(task.test)
        found = side_by_side([partial(m.predict, x) for m in models.values()], context.workers)
        tested = context.sample(made, task.test.n, "task", "back")
        back = models["real"].predict(task.x(tested))
        return cls(task, found=dict(zip(tables, found, strict=True)), back=back, tested=tested, tables=tables, **models)

    @once
    def halves(self) -> tuple[tuple[Fitted, Floats], tuple[Fitted, Floats]]:
        """Models of one half of the real rows each, and their predictions for the test rows: a ceiling."""
        table = self.tables["real"]
        half = np.arange(table.n) % 2 == 0  # the rows came in random order
        models = side_by_side([partial(Fitted.of, self.task, table.take(half == side)) for side in (True, False)], 2)
        x = self.task.x(self.task.test)
        first, second = ((m, m.predict(x)) for m in models)
        return first, second


def _usable(task: Task) -> Columns:
    """The real rows to learn from, those of a class that is told apart."""
    return task.train if task.classes is None else task.train.take(np.isin(task.train.arrays[task.place], task.classes))
