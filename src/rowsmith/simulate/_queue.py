"""Inner loops of queues: customers served first come, first served by several servers, some of whom give up."""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

from numba import njit


@njit(cache=True)
def serve(came, patience, work, free, server, begun):
    """Serve callers in the order in which they came: each takes the server that is free first, if his patience lasts.

    For first come, first served this is exact, and no list of events is needed (Kiefer and Wolfowitz, 1955).

    Args:
        came: moments, rising, shape (n,).
        patience: how long each waits at most, shape (n,).
        work: how long each is served, shape (n,).
        free: when each server is free, shape (servers,); goes on.
        server: filled with the server of each caller, -1 for one who gave up.
        begun: filled with the moment when he was served, or gave up.
    """
    for i in range(len(came)):
        best = 0
        for s in range(1, len(free)):
            if free[s] < free[best]:
                best = s
        # of those who are free already, the one who has waited longest is `best` anyway
        start = max(came[i], free[best])
        if start - came[i] > patience[i]:
            server[i], begun[i] = -1, came[i] + patience[i]
            continue
        server[i], begun[i] = best, start
        free[best] = start + work[i]
