"""The executor that runs chunks and parts as tasks of Ray, on this machine or on a cluster."""

from __future__ import annotations

import logging
import re
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rowsmith.core.errors import InternalError, SpecError
from rowsmith.engine.executors import Executor, T, Task

IN_FLIGHT = 2  # pieces waiting or running per CPU: the tasks of a long run would swamp the scheduler


@dataclass(frozen=True)
class RayTasks(Executor):
    """Tasks of Ray. One whose worker dies is run again elsewhere: pieces depend on nothing but themselves.

    Attributes:
        workers: how many tasks run at a time; None for as many as the cluster has CPUs.
        address: of a cluster; if left out, one is started on this machine, and ends with this program.
    """

    workers: int | None = None
    address: str | None = None

    def run(self, task: Task[T], pieces: Iterable[Any]) -> Iterator[T]:
        """What the task makes of every piece, in order.

        Raises:
            SpecError: Ray is not installed, or there is no cluster at the address.
            InternalError: a worker died again and again.
        """
        ray = self._connected()
        remote = ray.remote(_run).options(max_retries=3, retry_exceptions=False)
        shared = ray.put(task)  # once, not with every piece
        most = IN_FLIGHT * (self.workers or max(1, int(ray.cluster_resources().get("CPU", 1))))
        waiting: deque[Any] = deque()
        try:
            for piece in pieces:
                waiting.append(remote.remote(shared, piece))
                if len(waiting) >= most:
                    yield self._result(ray, waiting.popleft())
            while waiting:
                yield self._result(ray, waiting.popleft())
        finally:
            for left in waiting:
                ray.cancel(left, force=False)
            if waiting:
                ray.wait(list(waiting), num_returns=len(waiting), timeout=60)  # so that nobody writes after the end

    def _connected(self) -> Any:
        try:
            import ray
        except ImportError:
            raise SpecError("executor='ray': Ray is not installed; pip install 'rowsmith[ray]'.") from None
        if not ray.is_initialized():
            self._check_address()
            try:
                ray.init(
                    address=self.address,
                    num_cpus=self.workers if self.address is None else None,
                    include_dashboard=False if self.address is None else None,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                )
            except (ConnectionError, ValueError) as fault:
                reason = str(fault).splitlines()[0].rstrip(".")
                raise SpecError(f"address={self.address!r}: no Ray cluster answers there ({reason}).") from None
        return ray

    def _check_address(self) -> None:
        """Ray itself would try for minutes."""
        found = re.fullmatch(r"(?:ray://)?(.+):(\d+)", self.address or "")
        if found is None:
            return
        try:
            socket.create_connection((found[1].strip("[]"), int(found[2])), timeout=10).close()
        except (OSError, OverflowError) as fault:
            raise SpecError(
                f"address={self.address!r}: nothing answers there ({fault}); start Ray, or leave it out."
            ) from None

    def _result(self, ray: Any, reference: Any) -> Any:
        try:
            return ray.get(reference)
        except ray.exceptions.RayTaskError as fault:
            raise fault.cause from None  # ours, as it was raised there
        except ray.exceptions.WorkerCrashedError:
            raise InternalError(
                "a worker of Ray died four times over one task, most likely for want of memory."
            ) from None


def _run(task: Task[Any], piece: Any) -> Any:
    return task(piece)
