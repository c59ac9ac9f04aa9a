"""The interface of executors, and which one serves a number of workers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rowsmith.core.errors import SpecError
from rowsmith.engine.plan import Chunk

T = TypeVar("T")
Task = Callable[[Chunk], T]
"""Makes what belongs to a chunk, its rows mostly; picklable."""


class Executor(ABC):
    """Runs a task on chunks. What it makes comes back in the order of the chunks, whoever made it."""

    @abstractmethod
    def run(self, task: Task[T], chunks: Iterable[Chunk]) -> Iterator[T]:
        """What the task makes of every chunk, in order; only a bounded number is held at a time."""


def executor_for(workers: int, n_chunks: int) -> Executor:
    """The executor for so many workers and chunks: a process costs a second to start, so one chunk stays at home.

    Raises:
        SpecError: a number of workers below 1.
    """
    check_workers(workers)
    useful = min(workers, n_chunks)
    if useful <= 1:
        from rowsmith.engine.in_process import InProcess

        return InProcess()
    from rowsmith.engine.processes import Processes

    return Processes(useful)


def check_workers(workers: int) -> None:
    """Raise a SpecError unless the number of workers is a whole number from 1."""
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SpecError(f"workers={workers!r}: expected a whole number from 1.")
