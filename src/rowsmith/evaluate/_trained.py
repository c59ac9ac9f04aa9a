"""The models of a judgement's target: trained once, looked at by every measure of utility."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from rowsmith.evaluate._align import Columns
from rowsmith.evaluate._context import Context
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
    """

    task: Task
    synthetic: Fitted
    real: Fitted
    floor: Fitted
    found: dict[str, Floats]
    back: Floats
    tested: Columns

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
        return cls(task, found=dict(zip(tables, found, strict=True)), back=back, tested=tested, **models)


def _usable(task: Task) -> Columns:
    """The real rows to learn from, those of a class that is told apart."""
    import numpy as np

    return task.train if task.classes is None else task.train.take(np.isin(task.train.arrays[task.place], task.classes))
