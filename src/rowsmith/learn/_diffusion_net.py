"""The network of `diffusion`, and the loss by which it learns. Imports JAX: import it inside functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._diffusion import BOUND, TIMES, Channels
from rowsmith.learn._half import product

FLOOR = -60.0
"""Log-likelihood of a class that is ruled out, and the least of any."""
GIVEN = 0.4
"""Share of the rows of a batch in which some columns are certain whatever the time, as columns are that are known."""
BLANK = 0.3
"""Share of those in which nothing is told of the other columns, as when one column is drawn given those alone."""
SPREAD = 0.4
"""How far the times of ordered columns of a row lie apart: standard deviation of the logarithm of their exponents."""
RUN = 4
"""Classes of an ordered column of which one is a run, and runs of which a longer one is: neighbours learn from each other."""
_KEEP = 0.9
"""Share of the units of a block that take part in a step of training (dropout)."""
Fixed = dict[str, jax.Array]


class Layer(eqx.Module):
    """What a block adds to its input: a hidden layer of the same width."""

    inner: jax.Array
    bias: jax.Array
    outer: jax.Array


class Denoiser(eqx.Module):
    """A residual network from what is told of d columns, c classes in all, to the log-odds of each class.

    Attributes:
        enter: of each run of classes, shape (r, width): what a class adds to the first layer is a sum over the runs it is in.
        level: of a column of which a part is told (times the time), shape (d, width).
        certain: of a column that is certain, shape (d, width).
        bias: shape (width,).
        layers: the blocks.
        leave: of each run, shape (width, r).
        odds: of each run, added to the log-share of its classes, shape (r,).
    """

    enter: jax.Array
    level: jax.Array
    certain: jax.Array
    bias: jax.Array
    layers: list[Layer]
    leave: jax.Array
    odds: jax.Array


def begin(channels: Channels, width: int, depth: int, key: Key) -> tuple[Denoiser, Fixed]:
    """A network that knows nothing but the shares, and the arrays that describe its columns; padded to a few sizes.

    Classes of an ordered column enter by smooth functions of their scores, so that neighbours begin alike.
    """
    d, c = channels.d, len(channels.shares)
    wide, long = -(-d // 8) * 8, -(-c // 128) * 128
    fixed = _fixed(channels, wide, long)
    rng = key.generator()
    enter = np.zeros((fixed["runs"].shape[1], width))
    enter[:c] = 0.3 * rng.standard_normal((c, width))
    for j in np.flatnonzero(channels.ordered).tolist():
        place = channels.of_column(j)
        scores = channels.scores[place, None]
        waves = np.sin(scores * rng.normal(0, 1.5, 7) + rng.uniform(0, 2 * np.pi, 7))
        enter[place] = 0.3 * np.hstack([scores, waves]) @ rng.standard_normal((8, width)) + 0.05 * enter[place]

    def normal(*shape: int, scale: float = 1.0) -> jax.Array:
        return jnp.asarray(scale * rng.standard_normal(shape), dtype=jnp.float32)

    even = width**-0.5
    layers = [
        Layer(normal(width, width, scale=even), jnp.zeros(width), normal(width, width, scale=0.3 * even))
        for _ in range(depth)
    ]
    network = Denoiser(
        enter=jnp.asarray(enter, dtype=jnp.float32),
        level=normal(wide, width, scale=0.1),
        certain=normal(wide, width, scale=0.1),
        bias=jnp.zeros(width),
        layers=layers,
        leave=jnp.zeros((width, len(enter))),
        odds=jnp.zeros(len(enter)),
    )
    return network, fixed


def _runs(channels: Channels, long: int) -> NDArray[np.float32]:
    """Which classes are of which runs, shape (c, r): each class is one, and so are 4, 16, 64 neighbours of an ordered column."""
    runs = np.zeros((long, -(-long * 3 // 2 // 128) * 128), dtype=np.float32)
    at = len(channels.shares)
    np.fill_diagonal(runs[:at], 1.0)
    for j in np.flatnonzero(channels.ordered).tolist():
        place = channels.of_column(j)
        number, size = np.arange(place.stop - place.start), RUN
        while size < len(number):
            runs[place.start + number, at + number // size] = 1.0
            at += int(number[-1]) // size + 1
            size *= RUN
    return runs


def folded(arrays: Mapping[str, NDArray[Any]], fixed: Fixed) -> dict[str, NDArray[Any]]:
    """A trained network's arrays with what is of runs summed up for each class."""
    runs = np.asarray(fixed["runs"])
    sums = {"enter": runs @ arrays["enter"], "leave": arrays["leave"] @ runs.T, "odds": runs @ arrays["odds"]}
    return {**arrays, **sums}


def _fixed(channels: Channels, wide: int, long: int) -> Fixed:
    """Arrays that describe the columns."""
    c = len(channels.shares)
    column = np.repeat(np.arange(channels.d), np.diff(channels.starts))
    of = np.zeros((wide, long), dtype=np.float32)
    of[column, np.arange(c)] = 1.0

    def padded(values: Any, rest: float, length: int) -> jax.Array:
        out = np.full((length, *np.shape(values)[1:]), rest, dtype=np.float32)
        out[: len(values)] = values
        return jnp.asarray(out)

    return {
        "of": jnp.asarray(of),
        "runs": jnp.asarray(_runs(channels, long)),
        "number": padded(np.arange(c) - channels.starts[column], -1.0, long),
        "starts": padded(channels.starts[:-1], 0.0, wide).astype(jnp.int32),
        "scores": padded(channels.scores, 0.0, long),
        "logs": padded(channels.logs, FLOOR, long),
        "ordered": padded(channels.ordered, 0.0, wide) > 0,
        "real": padded(np.ones(channels.d), 0.0, wide),
        "precisions": padded(channels.precisions, 0.0, wide),
    }


def loss(network: Denoiser, rows: jax.Array, fixed: Fixed, key: jax.Array) -> jax.Array:
    """How surprising the classes are of columns that are not certain, given noise at random times; nats, shape (batch,).

    Args:
        network: of c classes in d columns.
        rows: classes, shape (batch, d).
        fixed: describes the columns.
        key: of the noise.
    """
    return _loss(network, rows, fixed, key, _KEEP)


def judged(network: Denoiser, rows: jax.Array, fixed: Fixed, key: jax.Array) -> jax.Array:
    """The same with the whole network."""
    return _loss(network, rows, fixed, key, 1.0)


def _loss(network: Denoiser, rows: jax.Array, fixed: Fixed, key: jax.Array, keep: float) -> jax.Array:
    n, d = rows.shape
    width = len(network.bias)
    numbers = jax.random.uniform(key, (n, 5 * d + len(network.layers) * width), minval=1e-7)
    told, time, certain = corrupted(rows, fixed, numbers[:, : 5 * d].reshape(n, 5, d))
    drop = numbers[:, 5 * d :].reshape(n, -1, width) > 1 - keep
    logits = _logits(network, told, time, certain, fixed, drop / keep)
    own = (rows.astype(jnp.float32) @ fixed["of"]) == fixed["number"]
    surprise = jnp.log(jnp.exp(logits) @ fixed["of"].T + 1 - fixed["real"]) - jnp.where(own, logits, 0) @ fixed["of"].T
    return jnp.sum(surprise * (1 - certain) * fixed["real"], axis=1)


def corrupted(rows: jax.Array, fixed: Fixed, numbers: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Classes behind noise.

    Args:
        rows: classes, shape (batch, d).
        fixed: describes the columns.
        numbers: random ones, uniform between 0 and 1, shape (batch, 5, d).

    Returns:
        Log-likelihood of each class by what is told of its column, shape (batch, c); the time of each column, shape
        (batch, d); and 1 where a column is certain, shape (batch, d).
    """
    n, d = rows.shape
    place, noise = numbers[:, :2], jax.scipy.special.ndtri(numbers[:, 2:4])
    row = numbers[:, 4, :3]  # numbers of the row as a whole
    time = (jnp.arange(n)[:, None] + row[:, :1]) / n
    some = row[:, 1:2] < GIVEN
    certain = some & (place[:, 0] < row[:, 2:3])
    time = jnp.where(row[:, 1:2] < GIVEN * BLANK, 1.0, time)
    shown = certain | (~fixed["ordered"] & (place[:, 1] >= time))
    time = jnp.where(fixed["ordered"], time ** jnp.exp(SPREAD * noise[:, 0]), 1.0)

    at = time * TIMES
    low = jnp.clip(jnp.floor(at).astype(jnp.int32), 0, TIMES - 1)
    table, column = fixed["precisions"], jnp.arange(d)
    precision = table[column, low] + (at - low) * (table[column, low + 1] - table[column, low])
    precision = jnp.where(shown, 0.0, precision)
    score = fixed["scores"][fixed["starts"] + rows]
    value = score + noise[:, 1] / jnp.sqrt(jnp.maximum(precision, 1e-9))

    of = fixed["of"]
    told = -0.5 * (precision @ of) * (value @ of - fixed["scores"]) ** 2  # in this form nothing large cancels
    own = (rows.astype(jnp.float32) @ of) == fixed["number"]
    told = jnp.where(shown.astype(jnp.float32) @ of > 0, jnp.where(own, 0.0, FLOOR), jnp.maximum(told, FLOOR))
    return told, jnp.where(shown, 0.0, time), shown.astype(jnp.float32)


def _logits(
    network: Denoiser, told: jax.Array, time: jax.Array, certain: jax.Array, fixed: Fixed, drop: jax.Array
) -> jax.Array:
    """Log-likelihood of each class, apart from a constant of its column, given all that is told; shape (batch, c)."""
    own = jnp.exp(told + fixed["logs"])
    sums = own @ fixed["of"].T + 1 - fixed["real"]
    evidence = own / (sums @ fixed["of"] + (fixed["number"] < 0)) - jnp.exp(fixed["logs"])
    hidden = (
        product(evidence, product(fixed["runs"], network.enter))
        + time @ network.level
        + certain @ network.certain
        + network.bias
    )
    for number, layer in enumerate(network.layers):
        inner = jax.nn.silu(product(_scaled(hidden), layer.inner) + layer.bias)
        hidden = hidden + product(inner * drop[:, number], layer.outer)
    runs = fixed["runs"].T
    says = product(_scaled(hidden), product(network.leave, runs)) + network.odds @ runs
    return jnp.clip(says, -BOUND, BOUND) + fixed["logs"] + told  # within bounds, so that no sum of exponentials is 0


def _scaled(hidden: jax.Array) -> jax.Array:
    return hidden * jax.lax.rsqrt(jnp.mean(hidden**2, axis=1, keepdims=True) + 1e-5)
