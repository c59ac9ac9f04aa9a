"""The two networks of `gan` and how they are trained against each other. Imports JAX: import it inside functions.

Sources: L. Xu et al., "Modeling tabular data using conditional GAN" (2019): condition, training by sampling, packing, and
the shape of the networks; I. Gulrajani et al., "Improved training of Wasserstein GANs" (2017): the gradient penalty;
Z. Lin et al., "PacGAN" (2018): several rows at once before the critic; Y. Yazıcı et al., "The unusual effectiveness of
averaging in GAN training" (2019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._half import product
from rowsmith.learn._modes import NOISE, SPAN, Modes, normal_scores, states_of
from rowsmith.learn._nets import Alphabet, Weights, padded_size
from rowsmith.learn._nets_train import Losses, Method, Tree

PACK = 10
"""Rows that the critic sees together."""
_SHARP = 0.2
"""Temperature of the generator's draws of states (Gumbel-softmax)."""
_PENALTY = 10.0
Fixed = dict[str, jax.Array]


class Dense(eqx.Module):
    """A linear map, shape (into, out), and a shift."""

    weight: jax.Array
    bias: jax.Array

    def __call__(self, x: jax.Array) -> jax.Array:
        return product(x, self.weight) + self.bias


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
    both = list(zip(alphabets, modes, strict=True))
    wide, long = -(-len(both) // 4) * 4, padded_size(len(rows), 1024)
    most = padded_size(max(states_of(*each) for each in both), 16)
    classes = padded_size(max((a.size for a, mode in both if mode is not None), default=1), 16)
    fixed: dict[str, NDArray[Any]] = {
        "real": np.zeros((wide, most), bool),
        "scored": np.zeros(wide, bool),
        "of": np.zeros((wide, classes, most), np.float32),
        "place": np.zeros((wide, classes, most), np.float32),
        "chance": np.zeros((wide, most), np.float32),
        "start": np.zeros((wide, most), np.int32),
        "count": np.ones((wide, most), np.float32),
        "order": np.zeros((wide, long), np.int32),
        "rows": np.zeros((long, wide), np.int32),
    }
    fixed["rows"][: len(rows), : len(both)] = rows
    free = [j for j, (_, mode) in enumerate(both) if mode is None]
    for j, (alphabet, mode) in enumerate(both):
        size = alphabet.size
        fixed["real"][j, : states_of(alphabet, mode)] = True
        if mode is not None:
            fixed["scored"][j] = True
            fixed["of"][j, :size, : len(mode.center)] = mode.of
            place = (normal_scores(alphabet.shares)[:, None] - mode.center) / (SPAN * mode.width)
            fixed["place"][j, :size, : len(mode.center)] = np.clip(place, -1, 1)
        else:
            count = np.bincount(rows[:, j], minlength=size)
            fixed["order"][j, : len(rows)] = np.argsort(rows[:, j], kind="stable")
            fixed["count"][j, :size], fixed["start"][j, :size] = count, np.cumsum(count) - count
            chance = np.log1p(count)  # rare classes are learnt from more often than they come
            fixed["chance"][j, :size] = chance / chance.sum() / len(free)
    fixed["of"], fixed["chance"] = np.cumsum(fixed["of"], axis=2), np.cumsum(fixed["chance"]).reshape(wide, most)
    if not free:  # any row, and no condition
        fixed["order"][0, : len(rows)], fixed["count"][0, 0] = np.arange(len(rows)), len(rows)
    fixed["some"] = np.array(len(free) > 0, dtype=np.float32)
    rng, told = key.generator(), wide * most
    into = NOISE + told
    generator = [
        _dense(rng, into, width),
        _dense(rng, into + width, width),
        _dense(rng, into + 2 * width, told + wide, 0.5),
    ]
    sizes = [PACK * (2 * told + wide), width, width, 1]
    critic = [_dense(rng, a, b) for a, b in pairwise(sizes)]
    return Pair(generator, critic), {name: jnp.asarray(array) for name, array in fixed.items()}


def finished(arrays: Weights, alphabets: Sequence[Alphabet], modes: Sequence[Modes | None]) -> dict[str, NDArray[Any]]:
    """The generator's arrays without padding: those that enter from a condition, of each class or mode, come last."""
    states = [states_of(*each) for each in zip(alphabets, modes, strict=True)]
    width, wide = len(arrays["0.bias"]), len(states)
    padded = -(-wide // 4) * 4
    most = (len(arrays["0.weight"]) - NOISE) // padded
    place = np.concatenate([j * most + np.arange(k) for j, k in enumerate(states)])
    leave = np.concatenate([place, padded * most + np.arange(wide)])
    out: dict[str, NDArray[Any]] = {}
    for layer in range(3):
        weight, bias = arrays[f"{layer}.weight"], arrays[f"{layer}.bias"]
        weight = weight[np.concatenate([np.arange(layer * width + NOISE), layer * width + NOISE + place])]
        out[f"{layer}.weight"], out[f"{layer}.bias"] = (weight, bias) if layer < 2 else (weight[:, leave], bias[leave])
    return {name: np.array(array, dtype=np.float32, order="C") for name, array in out.items()}


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


@dataclass(frozen=True)
class _Numbers:
    """Random numbers of a batch: those from which the generator makes rows, and those by which rows are sampled."""

    noise: jax.Array
    gumbel: jax.Array
    rows: jax.Array

    @classmethod
    def of(cls, key: jax.Array, batch: int, wide: int, most: int) -> _Numbers:
        """All from one stream, which is quick to compile."""
        each = jax.random.uniform(key, (batch, NOISE + wide * most + wide + 2), minval=1e-7)
        end = NOISE + wide * most
        gumbel = -jnp.log(-jnp.log(each[:, NOISE:end]))
        return cls(jax.scipy.special.ndtri(each[:, :NOISE]), gumbel.reshape(batch, wide, most), each[:, end:])


@dataclass(frozen=True)
class _Sample:
    """Conditions, and real rows that meet them.

    Attributes:
        column: of each condition, shape (batch,).
        wanted: its class, shape (batch,).
        condition: the same as 0 and 1, shape (batch, d × states); 0 if no column is without order.
        states: of the rows as 0 and 1, shape (batch, d, states).
        place: in the mode, shape (batch, d).
    """

    column: jax.Array
    wanted: jax.Array
    condition: jax.Array
    states: jax.Array
    place: jax.Array

    @classmethod
    def of(cls, fixed: Fixed, numbers: jax.Array) -> _Sample:
        """Training by sampling: a column, a class by the logarithm of its rows, one of these rows."""
        wide, most = fixed["real"].shape
        last = jnp.sum(fixed["chance"] < fixed["chance"][-1, -1] - 1e-6)  # rounding must not lead past it
        cell = jnp.minimum(jnp.searchsorted(fixed["chance"].ravel(), numbers[:, 0], side="right"), last)
        column, wanted = jnp.where(fixed["some"] > 0, cell // most, 0), jnp.where(fixed["some"] > 0, cell % most, 0)
        at = jnp.floor(numbers[:, 1] * fixed["count"][column, wanted]).astype(jnp.int32)
        at = jnp.minimum(at, fixed["count"][column, wanted].astype(jnp.int32) - 1)
        rows = fixed["rows"][fixed["order"][column, fixed["start"][column, wanted] + at]]
        each = jnp.arange(wide)
        scored = jnp.where(fixed["scored"], rows, 0)
        mode = jnp.sum(fixed["of"][each, scored] < numbers[:, 2:, None], axis=2)
        mode = jnp.minimum(mode, jnp.sum(fixed["real"], axis=1) - 1)
        states = jnp.where(fixed["scored"], mode, rows)
        place = jnp.where(fixed["scored"], fixed["place"][each, scored, jnp.maximum(mode, 0)], 0.0)
        return cls(
            column,
            wanted,
            jax.nn.one_hot(column * most + wanted, wide * most) * fixed["some"],
            jax.nn.one_hot(states, most) * fixed["real"],
            place,
        )


@dataclass(frozen=True)
class Duel(Method):
    """A step of the critic and one of the generator in turn; the average of the generator's weights is kept.

    Attributes:
        batch: rows of a step, some packs.
        rate: of learning.
        average: decay of the exponential average.
    """

    batch: int
    rate: float
    average: float = 0.999

    @property
    def _optimiser(self) -> optax.GradientTransformation:
        return optax.scale_by_adam(b1=0.5, b2=0.9)

    def begin(self, weights: Pair) -> Tree:
        """Both networks, the generator's average, the optimisers' states, the number of steps."""
        flat = [ravel_pytree(each)[0] for each in (weights.generator, weights.critic)]
        states = [self._optimiser.init(each) for each in flat]
        return weights, flat[0], states, jnp.zeros((), jnp.float32)

    def step(self, carry: Tree, rows: jax.Array, fixed: Fixed, key: jax.Array, done: jax.Array) -> tuple[Tree, Losses]:
        """One step of each. What the batch holds does not count: rows are sampled by their conditions."""
        pair, mean, (first, second), at = carry
        one, two, three = jax.random.split(key, 3)
        numbers = [_Numbers.of(k, self.batch, *fixed["real"].shape) for k in (one, two)]
        sample = [_Sample.of(fixed, each.rows) for each in numbers]
        mix = jax.random.uniform(three, (self.batch // PACK, 1))
        rate = self.rate * jnp.minimum(1.0, 2 * (1 - done))  # falling in the second half

        def fakes(layers: list[Dense], which: int) -> tuple[jax.Array, jax.Array]:
            condition = sample[which].condition
            odds, place = made(layers, numbers[which].noise, condition, fixed)
            soft = jax.nn.softmax((odds + numbers[which].gumbel) / _SHARP) * fixed["real"]
            return odds, _shown(soft, place, condition)

        def critic_loss(layers: list[Dense]) -> jax.Array:
            real, false = _shown(sample[0].states, sample[0].place, sample[0].condition), fakes(pair.generator, 0)[1]
            slope = jax.grad(lambda x: jnp.sum(_judge(layers, x)))(mix * real + (1 - mix) * false)
            steep = jnp.sqrt(jnp.sum(slope**2, axis=1) + 1e-12)
            return jnp.mean(_judge(layers, false) - _judge(layers, real) + _PENALTY * (steep - 1) ** 2)

        critic, second, loss = self._moved(pair.critic, critic_loss, second, rate)

        def generator_loss(layers: list[Dense]) -> jax.Array:
            odds, false = fakes(layers, 1)
            each, column, wanted = jnp.arange(self.batch), sample[1].column, sample[1].wanted
            missed = -jax.nn.log_softmax(odds[each, column])[each, wanted] * fixed["some"]
            return jnp.mean(missed) - jnp.mean(_judge(critic, false))

        generator, first, against = self._moved(pair.generator, generator_loss, first, rate)
        kept = jnp.minimum(self.average, (1 + at) / (10 + at))  # the first weights are soon forgotten
        mean = mean + (1 - kept) * (ravel_pytree(generator)[0] - mean)
        return (Pair(generator, critic), mean, [first, second], at + 1), {"critic": loss, "generator": against}

    def _moved(
        self, layers: list[Dense], loss: Callable[[list[Dense]], jax.Array], state: Tree, rate: jax.Array
    ) -> tuple[list[Dense], Tree, jax.Array]:
        """Layers one step down the gradient of a loss, the optimiser's state, and the loss."""
        value, slope = jax.value_and_grad(loss)(layers)
        vector, back = ravel_pytree(layers)
        moved, state = self._optimiser.update(ravel_pytree(slope)[0], state)
        return back(vector - rate * moved), state, value

    def weights(self, carry: Tree) -> Tree:
        """The generator's average."""
        return ravel_pytree(carry[0].generator)[1](carry[1])
