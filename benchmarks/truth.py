"""Planted truth: what planting costs, in CPU seconds beyond the columns themselves, and what finding costs.

    python benchmarks/truth.py

Writes Markdown to standard output.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from typing import Any

import rowsmith as rs
from rowsmith.spec.check import check
from rowsmith.spec.document import parse
from rowsmith.spec.examples import text

REPEAT = 3


def spent(work: Callable[[], Any]) -> float:
    """The least CPU time of some runs."""
    best = float("inf")
    for _ in range(REPEAT):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def baskets(rules: int) -> rs.Made:
    planted = {
        f"r{i}": {"if": [f"item{2 * i}"], "then": [f"item{2 * i + 1}"], "support": 0.01, "confidence": 0.5}
        for i in range(rules)
    }
    plant = {"plant": "baskets", "basket": "b.items", "rules": planted, "items": 500, "size": 8.0}
    return rs.make(rs.Spec(tables={"b": {"rows": 100_000, "columns": {"id": "id"}}}, truth={"rules": plant}))


def regression(*, planted: bool) -> rs.Made:
    tables = {"t": {"rows": 1_000_000, "columns": {"id": "id", **dict.fromkeys("abcde", "normal")}}}
    on = {"a": 1.0, "b": 2.0, "c": -1.0, "d": 0.5, "e": 1.5, "a:b": 0.3}
    truth = {"y": {"plant": "regression", "target": "y", "on": on}} if planted else {}
    return rs.make(rs.Spec(tables=tables, truth=truth))


def main() -> None:
    lesson = check(parse(text("retail-lesson"), "retail-lesson.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        rs.make(lesson, f"{folder}/lesson/")
        found = spent(lambda: rs.verify(f"{folder}/lesson/"))
    rows = {
        "100,000 baskets with 20 rules over 500 items": spent(lambda: baskets(20)),
        "a regression column of 1,000,000 rows, beyond the columns": spent(lambda: regression(planted=True))
        - spent(lambda: regression(planted=False)),
        "verify of the retail lesson, n = 5,000": found,
    }
    print("| | CPU s |\n|---|---|")
    for name, seconds in rows.items():
        print(f"| {name} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
