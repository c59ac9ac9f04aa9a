"""The networks of `vae` and their training: an encoder to a latent vector, a decoder from it to a law of every column.

Sources: D. Kingma, M. Welling, "Auto-encoding variational Bayes" (2014); L. Xu et al., "Modeling tabular data using
conditional GAN" (2019), TVAE, for tables. The prior is a mixture of normal laws that is learnt along, as in J. Tomczak,
M. Welling, "VAE with a VampPrior" (2018), without its pseudo-inputs: rows of a table fall into kinds, and a single normal law
leaves places between them from which rows of no kind are drawn.
"""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from rowsmith.learn._nets import Coding, padded_size
from rowsmith.learn._nets_train import Descent, compiled, flat, stream
from rowsmith.learn._nets_vectors import Vectors, by_class, frame, losses_of, values_of

LATENT = 2**15
"""Latent vectors to which the prior is fitted, at most."""
TURNS = 30
"""Of expectation maximisation."""


class Network(eqx.Module):
    """Encoder, prior and decoder. `width` is that of the hidden layers, `latent` that of the latent vector.

    Attributes:
        inner: what a value adds to the encoder's first layer.
        start: bias of that layer, shape (width,).
        encode: its second layer, shapes (width, width) and (width,); then mean and logarithm of the deviation of the latent
            vector, shapes (width, 2 latent) and (2 latent,).
        centre: means of the prior's parts, shape (parts, latent).
        spread: logarithms of their deviations, shape (parts, latent).
        weigh: logarithms of their shares but for a constant, shape (parts,).
        decode: two layers, shapes (latent, width), (width,), (width, width), (width,).
        outer: of each class, to be multiplied with the last layer.
        shift: of each class's logarithm, shape (columns, classes).
    """

    inner: Vectors
    start: jax.Array
    encode: tuple[jax.Array, jax.Array, jax.Array, jax.Array]
    centre: jax.Array
    spread: jax.Array
    weigh: jax.Array
    decode: tuple[jax.Array, jax.Array, jax.Array, jax.Array]
    outer: Vectors
    shift: jax.Array

    @classmethod
    def of(cls, key: jax.Array, columns: int, classes: int, width: int, latent: int, parts: int) -> Network:
        """One that draws every class by its share, whatever the latent vector."""
        keys = iter(jax.random.split(key, 8))

        def layer(n: int, m: int) -> tuple[jax.Array, jax.Array]:
            return np.sqrt(2 / n) * jax.random.normal(next(keys), (n, m)), jnp.zeros(m)

        return cls(
            Vectors.of(next(keys), columns, classes, width, 0.5),
            jnp.zeros(width),
            (*layer(width, width), *layer(width, 2 * latent)),
            jax.random.normal(next(keys), (parts, latent)),
            jnp.zeros((parts, latent)),
            jnp.zeros(parts),
            (*layer(latent, width), *layer(width, width)),
            Vectors.of(next(keys), columns, classes, width, 0.0),
            jnp.zeros((columns, classes)),
        )

    def losses(self, rows: jax.Array, fixed: dict[str, jax.Array], key: jax.Array) -> jax.Array:
        """Loss of each row from one latent vector, shape (batch,): the negative ELBO, what columns lose weighing as given."""
        mean, log = self.encoded(rows, fixed)
        noise = jax.random.normal(key, mean.shape)
        latent = mean + jnp.exp(log) * noise
        posterior = -(0.5 * noise**2 + log).sum(axis=1)
        prior = jax.nn.logsumexp(_parts(latent, self.weigh, self.centre, self.spread), axis=1)
        columns = (losses_of(self.logits(latent, fixed), rows) * fixed["real"]).sum(axis=1)
        return columns + (posterior - prior) / fixed["weight"]

    def encoded(self, rows: jax.Array, fixed: dict[str, jax.Array]) -> tuple[jax.Array, jax.Array]:
        """Means of the rows' latent vectors and logarithms of their deviations, shapes (batch, latent)."""
        values = values_of(self.inner.sums(fixed["ordered"]), rows) * fixed["real"][:, None]
        first, bias, last, end = self.encode
        hidden = jax.nn.relu(jax.nn.relu(values.sum(axis=1) + self.start) @ first + bias)
        mean, log = jnp.split(hidden @ last + end, 2, axis=1)
        return mean, jnp.clip(log - 1, -8, 4)

    def logits(self, latent: jax.Array, fixed: dict[str, jax.Array]) -> jax.Array:
        """Of each class of each column given the latent vectors, shape (batch, columns, classes)."""
        first, bias, second, end = self.decode
        hidden = jax.nn.relu(jax.nn.relu(latent @ first + bias) @ second + end)
        return jnp.einsum("bw,ikw->bik", hidden, self.outer.sums(fixed["ordered"])) + self.shift + fixed["prior"]


def _parts(latent: jax.Array, weigh: jax.Array, centre: jax.Array, spread: jax.Array) -> jax.Array:
    """Logarithm of each part's density at latent vectors, but for a constant, shape (batch, parts)."""
    scale = jnp.exp(-2 * spread)
    away = (latent**2) @ scale.T - 2 * latent @ (centre * scale).T + (centre**2 * scale).sum(axis=1)
    return jax.nn.log_softmax(weigh) - 0.5 * away - spread.sum(axis=1)


@compiled
def refitted(
    network: Network, rows: jax.Array, there: jax.Array, fixed: dict[str, jax.Array], key: jax.Array
) -> Network:
    """The network with its prior fitted once more, by expectation maximisation, to latent vectors of learnt rows.

    The prior lags behind the encoder while both are trained, and with a weight above 1 it is not even meant to follow: what is
    drawn from it would be what the decoder has not seen.

    Args:
        network: trained.
        rows: classes, shape (n, columns).
        there: 0 for a row that is padding, shape (n,).
        fixed: as in training.
        key: random stream.
    """
    mean, log = network.encoded(rows, fixed)
    latent = mean + jnp.exp(log) * jax.random.normal(key, mean.shape)

    def turn(_: int, prior: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        each = jax.nn.softmax(_parts(latent, *prior), axis=1) * there[:, None]
        count = each.sum(axis=0) + 1e-3
        centre = (each.T @ latent + 1e-3 * prior[1]) / count[:, None]
        square = (each.T @ latent**2 + 1e-3 * centre**2) / count[:, None] - centre**2
        return jnp.log(count), centre, 0.5 * jnp.log(jnp.maximum(square, 1e-4))

    weigh, centre, spread = jax.lax.fori_loop(0, TURNS, turn, (network.weigh, network.centre, network.spread))
    out: Network = eqx.tree_at(lambda n: (n.weigh, n.centre, n.spread), network, (weigh, centre, spread))
    return out


def bound(network: Network, rows: jax.Array, fixed: dict[str, jax.Array], key: jax.Array) -> jax.Array:
    """Loss of each row."""
    return network.losses(rows, fixed, key)


def descent(rate: float) -> Descent:
    """How the network is trained."""
    return Descent(bound, rate=rate)


def begin(
    coding: Coding, width: int, latent: int, parts: int, weight: float, key: Any
) -> tuple[Network, dict[str, jax.Array]]:
    """Networks before training, and what all their batches share."""
    fixed = frame(coding)
    columns, classes = fixed["prior"].shape
    network = Network.of(stream(key), columns, classes, width, latent, parts)
    return network, {**fixed, "weight": jnp.asarray(weight, jnp.float32)}


def finished(network: Network, rows: Any, coding: Coding, fixed: dict[str, jax.Array], key: Any) -> dict[str, Any]:
    """The arrays that a draw needs, out of a network that was trained: prior and decoder, without padding."""
    places = np.arange(padded_size(len(rows), 1024)) if len(rows) <= LATENT else np.arange(LATENT)
    some = rows[key.child("rows").generator().permutation(len(rows))][np.minimum(places, len(rows) - 1)]
    there = jnp.asarray(places < len(rows), jnp.float32)
    arrays = flat(refitted(network, jnp.asarray(some), there, fixed, stream(key)))
    shares = np.exp(arrays["weigh"] - arrays["weigh"].max())
    return {
        "share": shares / shares.sum(),
        "centre": arrays["centre"],
        "spread": np.exp(arrays["spread"]),
        "first": arrays["decode.0"],
        "first_bias": arrays["decode.1"],
        "second": arrays["decode.2"],
        "second_bias": arrays["decode.3"],
        "outer": by_class(Vectors.summed(arrays, "outer", fixed), coding),
        "shift": by_class(arrays["shift"] + np.asarray(fixed["prior"]), coding),
    }
