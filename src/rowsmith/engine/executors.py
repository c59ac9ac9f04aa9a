"""The interface of executors, and which one serves a number of workers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from rowsmith.core.errors import SpecError, suggest

T = TypeVar("T")
Task = Callable[[Any], T]
"""Makes what belongs to a chunk or a part: its rows, or the files with them. Picklable, and so is the chunk or part."""

NAMES = ("processes", "ray")


class Executor(ABC):
    """Runs a task on chunks or parts. What comes of them comes back in their order, whoever made it."""

    @abstractmethod
    def run(self, task: Task[T], pieces: Iterable[Any]) -> Iterator[T]:
        """What the task makes of every piece, in order; only a bounded number is held at a time."""


@dataclass(frozen=True)
class Workers:
    """Who does the work. What is made does not depend on it.

    Attributes:
        count: how many processes, or tasks at a time; None for what a cluster has.
        executor: "processes" of this machine, or "ray".
        address: of a Ray cluster; one is started on this machine if left out.

    Raises:
        SpecError: no such executor, or a number of workers below 1.
    """

    count: int | None = 1
    executor: str = "processes"
    address: str | None = None

    def __post_init__(self) -> None:
        if self.executor not in NAMES:
            raise SpecError(f"executor={self.executor!r}: is not a known executor{suggest(str(self.executor), NAMES)}")
        if self.address is not None and self.executor != "ray":
            raise SpecError(f"address={self.address!r}: only the executor ray has an address; add executor='ray'.")
        if self.count is not None or self.executor != "ray":
            check_workers(self.count)

    def serve(self, n_pieces: int, *, here: bool = False) -> Executor:
        """The executor for so many chunks or parts: a process costs a second to start, so a single one stays at home.

        Args:
            n_pieces: chunks or parts.
            here: whether this process has nothing else to do than to note what comes back, and may be one of the workers.
        """
        if self.executor == "ray":
            from rowsmith.engine.ray_tasks import RayTasks

            return RayTasks(self.count, self.address)
        assert self.count is not None
        useful = min(self.count, n_pieces)
        if useful <= 1:
            from rowsmith.engine.in_process import InProcess

            return InProcess()
        from rowsmith.engine.processes import Processes

        return Processes(useful, here)


def check_workers(workers: Any) -> None:
    """Raise a SpecError unless the number of workers is a whole number from 1."""
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SpecError(f"workers={workers!r}: expected a whole number from 1.")


ALONE = Workers()
"""One process: this one."""
