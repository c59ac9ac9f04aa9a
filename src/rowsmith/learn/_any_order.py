"""The network of `autoregressive` and its training: the law of every column given any set of others.

Vectors say what a known value adds to the hidden layer; a column's law is read off the sum over what is known by a small
network of its own. So a row of a batch trains all columns at once, each given those before it in an order that the row
alone has.

Sources: B. Uria, I. Murray, H. Larochelle, "A deep and tractable density estimator" (2014) for training over orders and the
shared sum; P. Tiwald et al., "TabularARGN" (2025) for tables: discretised columns, any order.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from rowsmith.learn._nets import Coding
from rowsmith.learn._nets_train import Descent, stream
from rowsmith.learn._nets_vectors import Vectors, by_class, frame, losses_of, values_of

IN_ORDER = 0.3
"""Part of the rows for which columns come in the order in which they are drawn where nothing is known of a row."""


class Network(eqx.Module):
    """Laws of columns given others.

    Attributes:
        inner: what a known value adds to the hidden layer.
        start: hidden layer of each column where nothing is known, shape (columns, width).
        weight: from there to a column's own layer, shape (columns, width, narrow).
        bias: of that layer, shape (columns, narrow).
        outer: of each class, to be multiplied with that layer.
        shift: of each class's logarithm, shape (columns, classes).
    """

    inner: Vectors
    start: jax.Array
    weight: jax.Array
    bias: jax.Array
    outer: Vectors
    shift: jax.Array

    @classmethod
    def of(cls, key: jax.Array, columns: int, classes: int, width: int) -> Network:
        """One that draws every class by its share, whatever is known."""
        first, second, third, fourth = jax.random.split(key, 4)
        narrow = width // 2
        weight = np.sqrt(2 / width) * jax.random.normal(third, (columns, width, narrow))
        return cls(
            Vectors.of(first, columns, classes, width, 0.3),
            0.3 * jax.random.normal(second, (columns, width)),
            weight,
            jnp.zeros((columns, narrow)),
            Vectors.of(fourth, columns, classes, narrow, 0.0),
            jnp.zeros((columns, classes)),
        )

    def losses(self, rows: jax.Array, rank: jax.Array, fixed: dict[str, jax.Array]) -> jax.Array:
        """Negative log-likelihood of each value given those of lower rank in its row, shape (batch, columns)."""
        before = (rank[:, None, :] < rank[:, :, None]) * fixed["real"]
        values = values_of(self.inner.sums(fixed["ordered"]), rows)
        hidden = jax.nn.relu(jnp.einsum("bij,bjh->bih", before, values) + self.start)
        own = jax.nn.relu(jnp.einsum("bih,ihg->big", hidden, self.weight) + self.bias)
        logits = jnp.einsum("big,ikg->bik", own, self.outer.sums(fixed["ordered"])) + self.shift + fixed["prior"]
        return losses_of(logits, rows) * fixed["learnt"]


def any_order(network: Network, rows: jax.Array, fixed: dict[str, jax.Array], key: jax.Array) -> jax.Array:
    """Loss of each row, its columns in a random order, or with a chance in that of the draw."""
    shuffle, which = jax.random.split(key)
    # what is given whenever rows are drawn comes before all else
    random = jax.random.uniform(shuffle, rows.shape) + fixed["learnt"]
    usual = jax.random.uniform(which, (len(rows), 1)) < IN_ORDER
    return network.losses(rows, jnp.where(usual, fixed["rank"], random), fixed).sum(axis=1)


def in_order(network: Network, rows: jax.Array, fixed: dict[str, jax.Array], key: jax.Array) -> jax.Array:
    """Loss of each row, its columns in the order of the draw."""
    return network.losses(rows, jnp.broadcast_to(fixed["rank"], rows.shape), fixed).sum(axis=1)


def descent(rate: float) -> Descent:
    """How the network is trained."""
    return Descent(any_order, rate=rate, judged=in_order)


def begin(coding: Coding, order: list[int], given: int, width: int, key: Any) -> tuple[Network, dict[str, jax.Array]]:
    """A network before training, and what all its batches share.

    Args:
        coding: of the table.
        order: of the places in the draw.
        given: how many columns of the table are known whenever rows are drawn.
        width: of the hidden layer.
        key: random stream.
    """
    fixed = frame(coding)
    columns, classes = fixed["prior"].shape
    rank, learnt = np.zeros((2, columns))
    rank[order] = np.arange(len(order))
    learnt[: len(order)] = [place >= given for place in coding.places]
    more = {"rank": jnp.asarray(rank, jnp.float32), "learnt": jnp.asarray(learnt, jnp.float32)}
    return Network.of(stream(key), columns, classes, width), fixed | more


def finished(arrays: dict[str, Any], coding: Coding, fixed: dict[str, jax.Array]) -> dict[str, Any]:
    """The arrays that a draw needs, out of those that were trained: without padding, the levels summed up."""
    d = len(coding.places)
    return {
        "inner": by_class(Vectors.summed(arrays, "inner", fixed), coding),
        "start": arrays["start"][:d],
        "weight": arrays["weight"][:d],
        "bias": arrays["bias"][:d],
        "outer": by_class(Vectors.summed(arrays, "outer", fixed), coding),
        "shift": by_class(arrays["shift"] + np.asarray(fixed["prior"]), coding),
    }
