"""The whole path in one call for a database: learn it, draw a twin, judge each table of the twin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rowsmith.core.errors import DataError
from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.engine.database import DatabaseModel
from rowsmith.engine.judge import Report, evaluate

FEWEST = 50
"""Rows of a table from which on it is judged."""


@dataclass(frozen=True)
class DatabaseReport:
    """How good and how safe the tables of a twin are, each alone: what flows along links is not judged.

    Attributes:
        tables: the reports, by table.
        left_out: tables without one, with the reason.
    """

    tables: Mapping[str, Report]
    left_out: Mapping[str, str]

    def __str__(self) -> str:
        reports = [f"{name}\n{report}" for name, report in self.tables.items()]
        rest = [f"{name}: not judged, {why}" for name, why in self.left_out.items()]
        return "\n\n".join(
            ["Each table is judged alone, without keys; what flows along links is not judged yet.", *reports, *rest]
        )


def judge_tables(
    model: DatabaseModel,
    real: Mapping[str, Any],
    twin: Mapping[str, Any],
    *,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> DatabaseReport:
    """Judge every table of a twin alone, keys left out.

    Args:
        model: that the twin was drawn from, which knows the keys.
        real: frames by table.
        twin: the same of the twin.
        seed: of the samples and folds.
        workers: threads of the classifiers; the figures do not depend on it.
        progress: told what has been done.
    """
    reports: dict[str, Report] = {}
    left_out: dict[str, str] = {}
    for name, known in model.schema.tables.items():
        a, b = to_arrow(real[name])[0], to_arrow(twin[name])[0]
        keys = {*known.primary_key, *(c for key in known.foreign_keys for c in key.columns)}
        kept = [c for c in known.columns if c not in keys]
        if known.public:
            left_out[name] = "its rows come as they are"
        elif min(a.num_rows, b.num_rows) < FEWEST:
            left_out[name] = f"it has fewer than {FEWEST} rows"
        elif not kept:
            left_out[name] = "it has no column but keys"
        else:
            try:
                reports[name] = evaluate(a.select(kept), b.select(kept), seed=seed, workers=workers, progress=progress)
            except DataError as fault:
                left_out[name] = str(fault)
    return DatabaseReport(reports, left_out)
