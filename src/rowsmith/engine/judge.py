"""Judge users' frames: the border around `evaluate/`."""

from __future__ import annotations

from typing import Any

from rowsmith.core.frames import to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.engine.executors import check_workers
from rowsmith.evaluate._judge import check_target_column, judge
from rowsmith.evaluate._report import Report

__all__ = ["Report", "check_target_column", "evaluate"]


def evaluate(
    real: Any,
    synthetic: Any,
    *,
    holdout: Any = None,
    target: str | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Report:
    """Judge a synthetic table, made by any tool.

    Args:
        real: the rows that the synthetic ones were learnt from; pandas, polars or Arrow.
        synthetic: the rows to judge.
        holdout: real rows that the learner never saw: the reference of every measure, and needed for privacy.
        target: column to predict, to see how useful the synthetic rows are to learn from.
        seed: of the samples and folds.
        workers: threads of the classifiers; the figures do not depend on it.
        progress: told what has been done.

    Raises:
        DataError: the tables cannot be compared.
        SpecError: an unknown target.
    """
    check_workers(workers)
    tables = [to_arrow(frame)[0] if frame is not None else None for frame in (real, synthetic, holdout)]
    summary = judge(
        tables[0], tables[1], holdout=tables[2], target=target, seed=seed, workers=workers, progress=progress
    )
    return Report(summary)
