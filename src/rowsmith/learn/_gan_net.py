"""The two networks of `gan` and how they are trained against each other. Imports JAX: import it inside functions.

Sources: L. Xu et al., "Modeling tabular data using conditional GAN" (2019): condition, training by sampling, packing, and
the shape of the networks; I. Gulrajani et al., "Improved training of Wasserstein GANs" (2017): the gradient penalty;
Z. Lin et al., "PacGAN" (2018): several rows at once before the critic; Y. Yazıcı et al., "The unusual effectiveness of
averaging in GAN training" (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._modes import Modes
from rowsmith.learn._nets import Alphabet, padded_size
from rowsmith.learn._nets_train import Losses, Method, Tree

NOISE = 128
"""Random numbers of a row from which the generator makes it."""
PACK = 10
"""Rows that the critic sees together."""
SPAN = 4.0
"""A place in a mode is so many standard deviations at 1."""
_SHARP = 0.2
"""Temperature of the generator's draws of states (Gumbel-softmax)."""
_PENALTY = 10.0
Fixed = dict[str, jax.Array]


class Dense(eqx.Module):
    """A linear map, shape (into, out), and a shift."""

    weight: jax.Array
    bias: jax.Array

    def __call__(self, x: jax.Array) -> jax.Array:
        return x @ self.weight + self.bias


class Pair(eqx.Module):
    """The generator and the critic: layers of each."""

    generator: list[Dense]
    critic: list[Dense]


def begin(
    alphabets: Sequence[Alphabet], modes: Sequence[Modes | None], rows: NDArray[np.int32], width: int, key: Key
) -> tuple[Pair, Fixed]:
    """Networks that have seen nothing, and arrays that describe the columns; padded to a few sizes.

    Args:
        alphabets: of d columns.
        modes: of each ordered one.
        rows: classes, shape (n, d).
        width: of hidden layers.
        key: random stream of the first weights.
    """
    d = len(alphabets)
    wide = -(-d // 4) * 4
    states = [a.size if m is None else len(m.center) for a, m in zip(alphabets, modes, strict=True)]
    most = padded_size(max(states), 16)
    classes = padded_size(max((a.size for a, m in zip(alphabets, modes, strict=True) if m is not None), default=1), 16)
    fixed: dict[str, NDArray[Any]] = {
        "real": np.zeros((wide, most), bool), "scored": np.zeros(wide, bool), "of": np.zeros((wide, classes, most), np.float32),
        "place": np.zeros((wide, classes, most), np.float32), "start": np.zeros((wide, most), np.int32),
        "count": np.ones((wide, most), np.float32), "odds": np.zeros((wide, most), np.float32),
        "order": np.zeros((wide, padded_size(len(rows), 1024)), np.int32),
        "rows": np.zeros((padded_size(len(rows), 1024), wide), np.int32),
    }  # fmt: skip
    fixed["rows"][: len(rows), :d] = rows
    for j, (alphabet, mode) in enumerate(zip(alphabets, modes, strict=True)):
        fixed["real"][j, : states[j]] = True
        if mode is not None:
            from rowsmith.learn._modes import normal_scores

            fixed["scored"][j] = True
            fixed["of"][j, : alphabet.size, : states[j]] = mode.of
            place = (normal_scores(alphabet.shares)[:, None] - mode.center) / (SPAN * mode.width)
            fixed["place"][j, : alphabet.size, : states[j]] = np.clip(place, -1, 1)
        else:
            fixed["order"][j, : len(rows)] = np.argsort(rows[:, j], kind="stable")
            count = np.bincount(rows[:, j], minlength=alphabet.size)
            fixed["count"][j, : alphabet.size] = count
            fixed["start"][j, : alphabet.size] = np.cumsum(count) - count
            odds = np.log1p(count)  # rare classes are learnt from more often than they come
            fixed["odds"][j, : alphabet.size] = odds / odds.sum()
    rng = key.generator()
    told = wide * most
    generator, into = [], NOISE + told
    for _ in range(2):
        generator.append(_dense(rng, into, width))
        into += width
    generator.append(_dense(rng, into, told + wide, 0.5))
    sizes = [PACK * (2 * told + wide), width, width, 1]
    critic = [_dense(rng, a, b) for a, b in pairwise(sizes)]
    return Pair(generator, critic), {name: jnp.asarray(array) for name, array in fixed.items()}


def _dense(rng: np.random.Generator, into: int, out: int, gain: float = 1.0) -> Dense:
    weight = gain * rng.standard_normal((into, out)) * into**-0.5
    return Dense(jnp.asarray(weight, dtype=jnp.float32), jnp.zeros(out))


def made(layers: list[Dense], noise: jax.Array, condition: jax.Array, fixed: Fixed) -> tuple[jax.Array, jax.Array]:
    """What the generator makes of noise: log-odds of each column's states, shape (batch, d, states), and the place, (batch, d)."""
    at = jnp.concatenate([noise, condition], axis=1)
    for layer in layers[:-1]:
        inner = layer(at)
        inner = inner * jax.lax.rsqrt(jnp.mean(inner**2, axis=1, keepdims=True) + 1e-5)
        at = jnp.concatenate([jax.nn.relu(inner), at], axis=1)
    out = layers[-1](at)
    wide, most = fixed["real"].shape
    odds = jnp.where(fixed["real"], out[:, : wide * most].reshape(-1, wide, most), -1e9)
    return odds, jnp.where(fixed["scored"], jnp.tanh(out[:, wide * most :]), 0.0)


def _judge(layers: list[Dense], rows: jax.Array) -> jax.Array:
    """The critic's marks of packs of rows, shape (packs,)."""
    at = rows
    for layer in layers[:-1]:
        at = jax.nn.leaky_relu(layer(at), 0.2)
    return layers[-1](at)[:, 0]


def _shown(states: jax.Array, place: jax.Array, condition: jax.Array) -> jax.Array:
    """Rows as the critic sees them: packs of states, places and conditions."""
    batch = len(states)
    return jnp.concatenate([states.reshape(batch, -1), place, condition], axis=1).reshape(batch // PACK, -1)


def _sampled(fixed: Fixed, batch: int, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]:
    """Conditions and real rows that meet them (training by sampling).

    Returns:
        Column and class of each condition, shape (batch,); the condition as 0 and 1, shape (batch, d × states); the states
        and places of the rows.
    """
    keys = jax.random.split(key, 4)
    wide, most = fixed["real"].shape
    may = jnp.where(fixed["odds"].sum(axis=1) > 0, 0.0, -1e9)
    column = jax.random.categorical(keys[0], may, shape=(batch,))
    wanted = jax.random.categorical(keys[1], jnp.log(fixed["odds"][column] + 1e-30))
    count = fixed["count"][column, wanted]
    at = fixed["start"][column, wanted] + jnp.floor(jax.random.uniform(keys[2], (batch,)) * count).astype(jnp.int32)
    rows = fixed["rows"][fixed["order"][column, at]]
    condition = jax.nn.one_hot(column * most + wanted, wide * most) * (may.max() == 0)
    each = jnp.arange(wide)
    scored = jnp.minimum(rows, fixed["of"].shape[1] - 1)
    mode = jax.random.categorical(keys[3], jnp.log(fixed["of"][each, scored] + 1e-30))
    states = jnp.where(fixed["scored"], mode, rows)
    place = jnp.where(fixed["scored"], fixed["place"][each, scored, mode], 0.0)
    return column, wanted, condition, jax.nn.one_hot(states, most) * fixed["real"], place


@dataclass(frozen=True)
class Duel(Method):
    """A step of the critic and one of the generator in turn; the average of the generator's weights is kept.

    Attributes:
        rate: of learning.
        average: decay of the exponential average.
    """

    rate: float
    average: float = 0.999

    @property
    def _optimiser(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(b1=0.5, b2=0.9)

    def begin(self, weights: Pair) -> Tree:
        """Both networks, the generator's average, the optimisers' states, the number of steps."""
        states = self._optimiser.init(weights.generator), self._optimiser.init(weights.critic)
        return weights, weights.generator, states, jnp.zeros((), jnp.float32)

    def step(self, carry: Tree, rows: jax.Array, fixed: Fixed, key: jax.Array, done: jax.Array) -> tuple[Tree, Losses]:
        """One step of each. Of the batch only the size counts: the rows are sampled by their conditions."""
        pair, mean, (first, second), at = carry
        batch = len(rows) // PACK * PACK
        keys = jax.random.split(key, 3)
        rate = self.rate * jnp.minimum(1.0, 2 * (1 - done))

        def fake(layers: list[Dense], condition: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            one, two = jax.random.split(key)
            odds, place = made(layers, jax.random.normal(one, (batch, NOISE)), condition, fixed)
            soft = jax.nn.softmax((odds + jax.random.gumbel(two, odds.shape)) / _SHARP) * fixed["real"]
            return odds, soft, place

        def critic_loss(layers: list[Dense]) -> jax.Array:
            one, two, three = jax.random.split(keys[0], 3)
            _, _, condition, states, place = _sampled(fixed, batch, one)
            _, soft, made_place = fake(pair.generator, condition, two)
            real, false = _shown(states, place, condition), _shown(soft, made_place, condition)
            mix = jax.random.uniform(three, (len(real), 1))
            slope = jax.vmap(jax.grad(lambda x: _judge(layers, x[None])[0]))(mix * real + (1 - mix) * false)
            steep = jnp.sqrt(jnp.sum(slope**2, axis=1) + 1e-12)
            return jnp.mean(_judge(layers, false) - _judge(layers, real) + _PENALTY * (steep - 1) ** 2)

        loss, slope = jax.value_and_grad(critic_loss)(pair.critic)
        moved, second = self._optimiser.update(slope, second)
        critic = jax.tree.map(lambda w, m: w - rate * m, pair.critic, moved)

        def generator_loss(layers: list[Dense]) -> jax.Array:
            one, two = jax.random.split(keys[1])
            column, wanted, condition, _, _ = _sampled(fixed, batch, one)
            odds, soft, place = fake(layers, condition, two)
            each = jnp.arange(batch)
            missed = -jax.nn.log_softmax(odds[each, column])[each, wanted] * jnp.any(condition > 0, axis=1)
            return jnp.mean(missed) - jnp.mean(_judge(critic, _shown(soft, place, condition)))

        against, slope = jax.value_and_grad(generator_loss)(pair.generator)
        moved, first = self._optimiser.update(slope, first)
        generator = jax.tree.map(lambda w, m: w - rate * m, pair.generator, moved)
        kept = jnp.minimum(self.average, (1 + at) / (10 + at))
        mean = jax.tree.map(lambda a, w: a + (1 - kept) * (w - a), mean, generator)
        return (Pair(generator, critic), mean, (first, second), at + 1), {"critic": loss, "generator": against}

    def weights(self, carry: Tree) -> Tree:
        """The generator's average."""
        return carry[1]
