"""Classes of columns as vectors: what goes into a network for a value, and what comes out of it for the law of one.

The vectors of an ordered column are sums over runs of 1, 4, 16 and 64 neighbouring classes, so that neighbours learn from
each other. Arrays are padded to a few sizes, so that JAX compiles a network once for like tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from rowsmith.learn._nets import Coding, padded_size

RUN = 4
"""Classes that share a vector at a level are so many times those at the level below."""
COLUMNS, CLASSES = 4, 64
"""Of a small table, to which it is padded."""
LEAST = -30.0
"""Logarithm of a class's share, at least."""


class Vectors(eqx.Module):
    """A vector for each class of each column.

    Attributes:
        levels: shapes (columns, classes, width), (columns, classes / 4, width), …
    """

    levels: list[jax.Array]

    @classmethod
    def of(cls, key: jax.Array, columns: int, classes: int, width: int, spread: float) -> Vectors:
        """Random ones, the sums with a deviation of `spread`."""
        counts = [classes]
        while counts[-1] > RUN:
            counts.append(counts[-1] // RUN)
        keys = jax.random.split(key, len(counts))
        deviation = spread / np.sqrt(len(counts))
        return cls([deviation * jax.random.normal(k, (columns, n, width)) for k, n in zip(keys, counts, strict=True)])

    def sums(self, ordered: jax.Array) -> jax.Array:
        """Of all levels, shape (columns, classes, width); of columns without an order, of the first."""
        above = self.levels[-1]
        for level in reversed(self.levels[:-1]):
            columns, count, width = above.shape
            wide = jnp.broadcast_to(above[:, :, None], (columns, count, RUN, width))
            above = level + wide.reshape(columns, count * RUN, width) * ordered[:, None, None]
        return above

    @staticmethod
    def summed(arrays: Mapping[str, Any], name: str, fixed: Mapping[str, jax.Array]) -> Any:
        """`sums` of trained arrays, which stand under a name."""
        count = sum(each.startswith(f"{name}.levels.") for each in arrays)
        levels = [jnp.asarray(arrays[f"{name}.levels.{i}"]) for i in range(count)]
        return np.asarray(Vectors(levels).sums(fixed["ordered"]))


def frame(coding: Coding) -> dict[str, jax.Array]:
    """What a network has to be told of a table: with c columns and k classes, both padded.

    Returns:
        `prior`, logarithm of each class's share, shape (c, k); `ordered`, shape (c,); and `real`, 0 for a column that is
        padding, shape (c,).
    """
    columns, classes = max(len(coding.places), COLUMNS), padded_size(max(coding.sizes), CLASSES)
    prior = np.full((columns, classes), LEAST)
    ordered, real = np.zeros((2, columns))
    for j, alphabet in enumerate(coding.alphabets):
        prior[j, : alphabet.size] = np.maximum(np.log(alphabet.shares), LEAST)
        ordered[j], real[j] = alphabet.ordered, 1
    arrays = {"prior": prior, "ordered": ordered, "real": real}
    return {name: jnp.asarray(array, jnp.float32) for name, array in arrays.items()}


def by_class(array: Any, coding: Coding) -> Any:
    """What is there for each class of each column, shape (c, k, …), without the padding: shape (classes of all columns, …)."""
    return np.concatenate([array[j, :size] for j, size in enumerate(coding.sizes)])


def losses_of(logits: jax.Array, rows: jax.Array) -> jax.Array:
    """Negative log-likelihood of each value, shape (batch, c), under logits of shape (batch, c, k)."""
    return jax.nn.logsumexp(logits, axis=2) - jnp.take_along_axis(logits, rows[:, :, None], axis=2)[:, :, 0]


def values_of(vectors: jax.Array, rows: jax.Array) -> jax.Array:
    """Vector of each value, shape (batch, c, width)."""
    return vectors[jnp.arange(rows.shape[1]), rows]


def padded_rows(coding: Coding, rows: Any) -> Any:
    """Classes of the rows, shape (rows, c)."""
    return np.pad(rows, ((0, 0), (0, max(COLUMNS - len(coding.places), 0))))
