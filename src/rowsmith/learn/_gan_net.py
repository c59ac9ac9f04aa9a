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
from rowsmith.learn._modes import MOST, NOISE, SPAN, Modes, normal_scores, states_of
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
    states = [states_of(*each) for each in both]
    first, total = np.cumsum([0, *states])[:-1], sum(states)
    wide, long = _wide(len(both)), padded_size(len(rows), 1024)
    told = -(-total // 64) * 64
    most = padded_size(max(states), 16)
    classes = padded_size(max((a.size for a, mode in both if mode is not None), default=1), 16)
    fixed: dict[str, NDArray[Any]] = {
        "of": np.zeros((wide, told), np.float32),
        "number": np.full(told, -1, np.float32),
        "first": np.zeros(wide, np.int32),
        "each": np.zeros((wide, most), np.int32),
        "scored": np.zeros(wide, bool),
        "mode": np.zeros((wide, classes, MOST), np.float32),
        "place": np.zeros((wide, classes, MOST), np.float32),
        "chance": np.zeros(told, np.float32),
        "start": np.zeros(told, np.int32),
        "count": np.ones(told, np.float32),
        "column": np.zeros(told, np.int32),
        "order": np.zeros((wide, long), np.int32),
        "rows": np.zeros((long, wide), np.int32),
    }
    fixed["rows"][: len(rows), : len(both)] = rows
    free = [j for j, (_, mode) in enumerate(both) if mode is None]
    for j, (alphabet, mode) in enumerate(both):
        size, own = alphabet.size, slice(first[j], first[j] + states[j])
        fixed["of"][j, own], fixed["number"][own], fixed["first"][j] = 1.0, np.arange(states[j]), first[j]
        fixed["each"][j] = first[j] + np.minimum(np.arange(most), states[j] - 1)
        fixed["column"][own] = j
        if mode is not None:
            fixed["scored"][j] = True
            k = len(mode.center)
            fixed["mode"][j, :size, :k], fixed["mode"][j, :, k - 1 :] = np.cumsum(mode.of, axis=1), 1.0
            place = (normal_scores(alphabet.shares)[:, None] - mode.center) / (SPAN * mode.width)
            fixed["place"][j, :size, :k] = np.clip(place, -1, 1)
        else:
            count = np.bincount(rows[:, j], minlength=size)
            fixed["order"][j, : len(rows)] = np.argsort(rows[:, j], kind="stable")
            fixed["count"][own], fixed["start"][own] = count, np.cumsum(count) - count
            chance = np.log1p(count)  # rare classes are learnt from more often than they come
            fixed["chance"][own] = chance / chance.sum() / len(free)
    fixed["chance"] = np.cumsum(fixed["chance"])
    if not free:  # any row, and no condition
        fixed["order"][0, : len(rows)], fixed["count"][0] = np.arange(len(rows)), len(rows)
    fixed["some"] = np.array(len(free) > 0, dtype=np.float32)
    rng, into = key.generator(), NOISE + told
    generator = [
        _dense(rng, into, width),
        _dense(rng, into + width, width),
        _dense(rng, into + 2 * width, told + wide, 0.5),
    ]
    sizes = [PACK * (2 * told + wide), width, width, 1]
    critic = [_dense(rng, a, b) for a, b in pairwise(sizes)]
    return Pair(generator, critic), {name: jnp.asarray(array) for name, array in fixed.items()}


def _wide(columns: int) -> int:
    """Places for so many columns."""
    return -(-columns // 4) * 4


def finished(arrays: Weights, alphabets: Sequence[Alphabet], modes: Sequence[Modes | None]) -> dict[str, NDArray[Any]]:
    """The generator's arrays without padding: those that enter from a condition, of each class or mode, come last."""
    total, width = sum(states_of(*each) for each in zip(alphabets, modes, strict=True)), len(arrays["0.bias"])
    told = len(arrays["2.bias"]) - _wide(len(alphabets))
    place = np.arange(total)
    leave = np.concatenate([place, told + np.arange(len(alphabets))])
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
    """What the generator makes of noise: log-odds of the states, shape (batch, states), and places in them, (batch, d)."""
    at = jnp.concatenate([noise, condition], axis=1)
    for layer in layers[:-1]:
        inner = layer(at)
        inner = inner * jax.lax.rsqrt(jnp.mean(inner**2, axis=1, keepdims=True) + 1e-5)
        at = jnp.concatenate([jax.nn.relu(inner), at], axis=1)
    out = layers[-1](at)
    told = len(fixed["number"])
    return out[:, :told], jnp.where(fixed["scored"], jnp.tanh(out[:, told:]), 0.0)


def log_shares(odds: jax.Array, fixed: Fixed) -> jax.Array:
    """Logarithms of the shares of states, in each column on its own, from their log-odds; shape (batch, states)."""
    top = jax.lax.stop_gradient(odds)[:, fixed["each"]].max(axis=2) @ fixed["of"]
    away = jnp.where(fixed["number"] < 0, 0.0, odds - top)
    return away - jnp.log(jnp.exp(away) @ fixed["of"].T + _lone(fixed)) @ fixed["of"]


def _lone(fixed: Fixed) -> jax.Array:
    """1 for places of columns that are padding."""
    return 1.0 - fixed["of"].max(axis=1)


def _judge(layers: list[Dense], rows: jax.Array) -> jax.Array:
    """The critic's marks of packs of rows, shape (packs,)."""
    at = rows
    for layer in layers[:-1]:
        at = jax.nn.leaky_relu(layer(at), 0.2)
    return layers[-1](at)[:, 0]


def _shown(states: jax.Array, place: jax.Array, condition: jax.Array) -> jax.Array:
    """Rows as the critic sees them: packs of states, places and conditions."""
    return jnp.concatenate([states, place, condition], axis=1).reshape(len(states) // PACK, -1)


@dataclass(frozen=True)
class _Numbers:
    """Random numbers of a batch: those from which the generator makes rows, and those by which rows are sampled."""

    noise: jax.Array
    gumbel: jax.Array
    rows: jax.Array

    @classmethod
    def of(cls, key: jax.Array, batch: int, wide: int, told: int) -> _Numbers:
        """All from one stream, which is quick to compile."""
        each = jax.random.uniform(key, (batch, NOISE + told + wide + 2), minval=1e-7)
        end = NOISE + told
        return cls(jax.scipy.special.ndtri(each[:, :NOISE]), -jnp.log(-jnp.log(each[:, NOISE:end])), each[:, end:])


@dataclass(frozen=True)
class _Sample:
    """Conditions, and real rows that meet them.

    Attributes:
        condition: one state of one column, as 0 and 1, shape (batch, states); 0 if no column is without order.
        states: of the rows as 0 and 1, shape (batch, states).
        place: in the mode, shape (batch, d).
    """

    condition: jax.Array
    states: jax.Array
    place: jax.Array

    @classmethod
    def of(cls, fixed: Fixed, numbers: jax.Array) -> _Sample:
        """Training by sampling: a column, a class by the logarithm of its rows, one of these rows."""
        wide, told = fixed["of"].shape
        last = jnp.sum(fixed["chance"] < fixed["chance"][-1] - 1e-6)  # rounding must not lead past it
        wanted = jnp.minimum(jnp.searchsorted(fixed["chance"], numbers[:, 0], side="right"), last)
        wanted = jnp.where(fixed["some"] > 0, wanted, 0)
        at = jnp.floor(numbers[:, 1] * fixed["count"][wanted]).astype(jnp.int32)
        at = jnp.minimum(at, fixed["count"][wanted].astype(jnp.int32) - 1)
        rows = fixed["rows"][fixed["order"][fixed["column"][wanted], fixed["start"][wanted] + at]]
        each, scored = jnp.arange(wide), jnp.where(fixed["scored"], rows, 0)
        mode = jnp.sum(fixed["mode"][each, scored] <= numbers[:, 2:, None], axis=2)
        states = jnp.where(fixed["scored"], mode, rows)
        place = jnp.where(fixed["scored"], fixed["place"][each, scored, mode], 0.0)
        own = states.astype(jnp.float32) @ fixed["of"] == fixed["number"]
        condition = jax.nn.one_hot(wanted, told) * fixed["some"]
        return cls(condition, own.astype(jnp.float32), place)


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
        numbers = [_Numbers.of(k, self.batch, *fixed["of"].shape) for k in (one, two)]
        sample = [_Sample.of(fixed, each.rows) for each in numbers]
        mix = jax.random.uniform(three, (self.batch // PACK, 1))
        rate = self.rate * jnp.minimum(1.0, 2 * (1 - done))  # falling in the second half

        def fakes(layers: list[Dense], which: int) -> tuple[jax.Array, jax.Array]:
            condition = sample[which].condition
            odds, place = made(layers, numbers[which].noise, condition, fixed)
            soft = jnp.exp(log_shares((odds + numbers[which].gumbel) / _SHARP, fixed))
            return odds, _shown(jnp.where(fixed["number"] < 0, 0.0, soft), place, condition)

        def critic_loss(layers: list[Dense]) -> jax.Array:
            real, false = _shown(sample[0].states, sample[0].place, sample[0].condition), fakes(pair.generator, 0)[1]
            slope = jax.grad(lambda x: jnp.sum(_judge(layers, x)))(mix * real + (1 - mix) * false)
            steep = jnp.sqrt(jnp.sum(slope**2, axis=1) + 1e-12)
            return jnp.mean(_judge(layers, false) - _judge(layers, real) + _PENALTY * (steep - 1) ** 2)

        critic, second, loss = self._moved(pair.critic, critic_loss, second, rate)

        def generator_loss(layers: list[Dense]) -> jax.Array:
            odds, false = fakes(layers, 1)
            missed = -jnp.sum(log_shares(odds, fixed) * sample[1].condition, axis=1)
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
