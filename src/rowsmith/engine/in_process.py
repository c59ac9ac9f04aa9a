"""The executor that runs every chunk here and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rowsmith.engine.executors import Executor, T, Task
from rowsmith.engine.plan import Chunk


@dataclass(frozen=True)
class InProcess(Executor):
    """One chunk after the other, in the calling process."""

    def run(self, task: Task[T], chunks: Iterable[Chunk]) -> Iterator[T]:
        """What the task makes of every chunk, in order."""
        return map(task, chunks)
