"""What a fitted model knows, for a person to read: a law of each column, and what ties columns together."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.correlated import Correlated
from rowsmith.core.curves import Curves
from rowsmith.core.state import state_kind
from rowsmith.engine.draft import drawn, one_table
from rowsmith.engine.load import load
from rowsmith.engine.model import Model
from rowsmith.spec._draft_yaml import flow
from rowsmith.spec.draft import laws

MEASURED = 20_000
"""Rows that are drawn to name the laws."""
MOST_COLUMNS = 24
"""Columns up to which correlations are shown as a matrix; of more, the strongest are listed."""
LISTED = 60
LOSSES = 12
"""Steps of a training of which losses are shown, about."""
NOTED = 0.05
"""Correlation that is listed at least."""


def saved(path: str | os.PathLike[str]) -> Model | None:
    """The model of a table in a file; None where the file is no model.

    Raises:
        ModelFileError: it is a damaged one, or of another version.
        SpecError: it is a model of a database, or of sequences.
    """
    return one_table(load(path)) if state_kind(path) else None


def describe(model: Model, *, seed: int = 0) -> str:
    """What a model of a table knows.

    Args:
        model: by any learner.
        seed: of the rows that are drawn to name the law of each column.

    >>> import pyarrow as pa
    >>> import rowsmith as rs
    >>> table = pa.table({"size": [1, 2, 3, 4, 5] * 40, "price": [10, 20, 30, 40, 50] * 40})
    >>> print(describe(rs.fit(table, learner="copula")).splitlines()[0])
    Learnt from 200 rows of "table" by copula (family=gaussian, trees=5); its 2 columns:
    """
    table = model.table
    known = ", ".join(f"{name}={value}" for name, value in model.settings.items() if value is not None)
    lines = [
        f'Learnt from {model.n_rows:,} rows of "{table.name}" by {table.learner}{f" ({known})" if known else ""}; '
        f"its {len(table.schema.columns)} columns:",
        "",
    ]
    for name, (settings, note) in laws(drawn(model, MEASURED, seed), seed=seed).items():
        lines.append(f"  {name}: {flow(settings)}" + (f"  # {note}" if note else ""))
    names = list(table.schema.columns)
    for link in table.dependencies:
        lines.append(f"  {names[link.target]} is looked up by {names[link.source]}")
    if isinstance(table.fitted, Correlated):
        own = [[*names, *table.ties.learns][place] for place in table.learnt]
        told = shown(own, table.fitted.correlations())
    else:
        told = [f"{table.learner} keeps no correlations to show."]
    for part, curves in model.training.items():
        told += ["", f"Training of {part}: {curves.said}.", *losses(curves)]
    return "\n".join([*lines, "", *told]) + "\n"


def losses(curves: Curves) -> list[str]:
    r"""The losses of a training as lines of text, at some of its steps.

    >>> print("\n".join(losses(Curves((50, 100), {"training": (2.5, 2.25)}, 100, False))))
        step  training
          50       2.5
         100      2.25
    """
    names, every = list(curves.losses), max(1, len(curves.step) // LOSSES)
    lines = [f"{'step':>8}" + "".join(f"  {name:>8}" for name in names)]
    for i in range(every - 1, len(curves.step), every):
        each = (f"  {curves.losses[name][i]:>{max(8, len(name))}.4g}" for name in names)
        lines.append(f"{curves.step[i]:>8}" + "".join(each))
    return lines


def shown(names: Sequence[str], r: NDArray[np.float64]) -> list[str]:
    """Correlations as lines of text: a matrix, or of many columns the strongest ones.

    Args:
        names: of the columns.
        r: shape (columns, columns).
    """
    said = "Correlations of normal scores; of a column of levels the strongest that they can be given, without a sign:"
    if len(names) > MOST_COLUMNS:
        pairs = [(abs(r[i, j]), names[i], names[j], r[i, j]) for i in range(len(names)) for j in range(i)]
        strongest = sorted((p for p in pairs if p[0] >= NOTED), key=lambda p: -p[0])
        rest = len(strongest) - LISTED
        lines = [f"  {value:5.2f}  {a}, {b}" for _, a, b, value in strongest[:LISTED]]
        return [said, "", *lines, *([f"  and {rest:,} weaker ones"] if rest > 0 else [])]
    wide = max((len(name) for name in names), default=0)
    lines = [
        f"  {i + 1:2d} {name:{wide}}" + "".join(f"{r[i, j]:6.2f}" for j in range(i)) for i, name in enumerate(names)
    ]
    return [said, "", " " * (wide + 5) + "".join(f"{j + 1:6d}" for j in range(len(names) - 1)), *lines]
