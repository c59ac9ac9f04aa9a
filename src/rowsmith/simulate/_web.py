"""The inner loops of `web_visits`: walks over the site, and lines of an access log."""

# mypy: ignore-errors
# (numba's decorators have no types)

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

SCALE = 1.0 / 9007199254740992.0
_CLOCK = pa.array([f"{h:02d}:{m:02d}:{s:02d}" for h in range(24) for m in range(60) for s in range(60)])


@njit(cache=True)
def _next(state):
    """SplitMix64 (Steele, Lea and Flood, 2014): the next state, and a number from 0 to below 1."""
    state = (state + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFFFFFF)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return state, (z >> np.uint64(11)) * SCALE


@njit(cache=True)
def walk(seeds, law, haste, landing, onward, stay, most):
    """Walks over the pages of a site until they leave it.

    Args:
        seeds: random stream of each session, shape (n,), uint64.
        law: which of the laws each session follows, shape (n,).
        haste: how many times as soon it leaves, shape (n,).
        landing: cumulative probability of first pages, shape (laws, pages).
        onward: cumulative probability of the next page, given that there is one, shape (laws, pages, pages).
        stay: logarithm of the probability that there is a next page, shape (laws, pages).
        most: pages of a session at most.

    Returns:
        Pages of all sessions one after another, and how many each has.
    """
    n, pages = len(seeds), landing.shape[1]
    out = np.empty(max(16, 8 * n), np.uint8)
    length = np.empty(n, np.int64)
    at = 0
    for i in range(n):
        state, u = _next(seeds[i])
        k = law[i]
        page = 0
        while page < pages - 1 and u >= landing[k, page]:
            page += 1
        begin = at
        while True:
            if at == len(out):
                more = np.empty(2 * len(out), np.uint8)
                more[:at] = out
                out = more
            out[at] = page
            at += 1
            state, u = _next(state)
            if at - begin >= most or u >= np.exp(haste[i] * stay[k, page]):
                break
            state, u = _next(state)
            following = 0
            while following < pages - 1 and u >= onward[k, page, following]:
                following += 1
            page = following
        length[i] = at - begin
    return out[:at], length


def log_lines(
    ip: pa.Array,
    moments: pa.Array,
    paths: pa.Array,
    status: pa.Array,
    size: pa.Array,
    referer: pa.Array,
    agent: pa.Array,
) -> pa.Array:
    """Lines in the combined log format of the Apache server (mod_log_config, "Access Log"), all arrays of one length.

    Args:
        ip: text.
        moments: timestamps in milliseconds, UTC.
        paths: text.
        status: whole numbers.
        size: bytes, whole numbers.
        referer: text.
        agent: text.
    """
    seconds = moments.cast(pa.int64()).to_numpy() // 1000
    day, second = np.divmod(seconds, 86_400)
    days, which = np.unique(day, return_inverse=True)
    dates = pc.strftime(pa.array(days, pa.int64()).cast(pa.int32()).cast(pa.date32()), format="%d/%b/%Y:")
    when = (dates.take(pa.array(which)), _CLOCK.take(pa.array(second)))
    told = (status.cast(pa.string()), " ", size.cast(pa.string()))
    return pc.binary_join_element_wise(
        ip, " - - [", *when, ' +0000] "GET ', paths, ' HTTP/1.1" ', *told, ' "', referer, '" "', agent, '"', ""
    )
