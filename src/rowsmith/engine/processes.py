"""The executor that runs chunks on several processes of this machine."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Any

from rowsmith.core.errors import InternalError
from rowsmith.engine.executors import Executor, T, Task

IN_FLIGHT = 2  # pieces waiting or running per worker: enough to keep it busy, few enough to bound memory

_task: Task[Any] | None = None  # of this worker process


@dataclass(frozen=True)
class Processes(Executor):
    """A pool of processes; each gets the task once and then only chunks or parts.

    Attributes:
        workers: how many processes.
        here: whether this process is one of them: where all it has to do with what comes back is to note it. It then works
            while the others start, which takes as long as making a million rows.
    """

    workers: int
    here: bool = False

    def run(self, task: Task[T], pieces: Iterable[Any]) -> Iterator[T]:
        """What the task makes of every piece, in order.

        Raises:
            InternalError: a worker died (most often, the machine ran out of memory).
        """
        # A forked child would inherit locks of threads that it does not have (Arrow's, numba's): spawn afresh.
        others = self.workers - self.here
        pool = ProcessPoolExecutor(others, multiprocessing.get_context("spawn"), _start, (task,))
        waiting: deque[tuple[Any, Future[T]]] = deque()
        try:
            for piece in pieces:
                if self.here and sum(not future.done() for _, future in waiting) >= IN_FLIGHT * others:
                    waiting.append((piece, _done(task(piece))))
                else:
                    with _deaf_to_interrupts():
                        waiting.append((piece, pool.submit(_run, piece)))
                while waiting and (waiting[0][1].done() if self.here else len(waiting) > IN_FLIGHT * self.workers):
                    yield waiting.popleft()[1].result()
            while waiting:
                if self.here:  # what no other has begun, from the end: they take the first
                    late = next((i for i in reversed(range(len(waiting))) if waiting[i][1].cancel()), None)
                    if late is not None:
                        piece = waiting[late][0]
                        waiting[late] = (piece, _done(task(piece)))
                        continue
                yield waiting.popleft()[1].result()
        except BrokenProcessPool:
            raise InternalError("a worker process died, most likely for want of memory; try --workers 1.") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _done(result: T) -> Future[T]:
    """A future that has happened."""
    future: Future[T] = Future()
    future.set_result(result)
    return future


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start inside never see Ctrl-C; the parent, whose it is to handle, sees it at the end of this.

    A child inherits which signals are blocked, but not how they are handled. In the parent, blocking is not enough,
    since another thread may take the signal, and an exception in the midst of starting a process would hang the pool.
    """
    if threading.current_thread() is not threading.main_thread():  # no interrupt is raised here
        yield
        return
    caught: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: caught.append(number))
    blocked = None
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        resource_tracker.ensure_running()  # it unblocks the signal when it starts, so it must have started
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if blocked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, handler if handler is not None else signal.SIG_DFL)
        if caught:
            raise KeyboardInterrupt


def _start(task: Task[Any]) -> None:
    global _task
    _task = task
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed cannot tell its workers to stop, and they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "workers are children"
    parent.join()
    os._exit(1)


def _run(piece: Any) -> Any:
    assert _task is not None, "the worker was not started by _start"
    return _task(piece)
