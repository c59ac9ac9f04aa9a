"""The executor that runs every chunk here and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rowsmith.engine.executors import Executor, T, Task


@dataclass(frozen=True)
class InProcess(Executor):
    """One chunk after the other, in the calling process."""

    def run(self, task: Task[T], pieces: Iterable[Any]) -> Iterator[T]:
        """What the task makes of every piece, in order."""
        return map(task, pieces)
