"""Training a network: mini-batches, early stopping on rows held out, an average of the weights, checkpoints.

A method of training is a frozen dataclass, and what it is trained on comes as arrays padded to a few sizes: so JAX
compiles it once in a process for all fits of like tables, as the tables of a database or the parts of one are.

On CPUs a matrix product runs on one thread, for its last bits, and with them the weights, may else hang on how many
there are. On a GPU sums are made in another order than on a CPU: the weights, and the rows drawn from them, then differ
from those of a fit on a CPU. Rows drawn from the same model file do not: they are made on the CPU.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree
from numpy.typing import NDArray

from rowsmith.core.curves import Curves
from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import Progress
from rowsmith.core.rng import Key
from rowsmith.core.state import State
from rowsmith.learn._nets import padded_size
from rowsmith.learn._nets_checkpoint import Checkpoint

Tree = Any
"""Arrays in nested containers or Equinox modules: a pytree of JAX."""
Losses = dict[str, Any]

ROUND = 50
"""Steps between two looks at the rows held out; they run as one compiled loop."""
HELD_OUT = 0.1
"""Share of the rows that are not learnt from, but say when to stop."""
MOST_HELD_OUT = 4096
"""Rows held out at most."""
PART, LEAST = 64, 32
"""Rows of a step are this part of those of a small table, and at least so many."""
SECONDS = 10.0
"""Time between two checkpoints at least."""
compiled = partial(jax.jit, compiler_options={"xla_cpu_multi_thread_eigen": False})
"""`jax.jit`, whose results do not hang on the number of threads."""


class Method(ABC):
    """A way to train. Subclasses are frozen dataclasses of plain settings (and functions of a module), so that they hash.

    A carry is a pytree of arrays: weights, states of optimisers, averages. `rows` are a batch, shape (batch, …); `fixed`
    arrays that all batches share, such as masks of what is padding; `done` the part of the budget that is used up, 0 to 1.
    """

    @abstractmethod
    def begin(self, weights: Tree) -> Tree:
        """The carry before the first step."""

    @abstractmethod
    def step(self, carry: Tree, rows: jax.Array, fixed: Tree, key: jax.Array, done: jax.Array) -> tuple[Tree, Losses]:
        """One step of training: the next carry, and losses by name."""

    @abstractmethod
    def weights(self, carry: Tree) -> Tree:
        """Those to be kept."""

    def score(self, weights: Tree, rows: jax.Array, fixed: Tree, key: jax.Array) -> jax.Array | None:
        """Loss of each row held out, shape (batch,): the less the better; None if the last weights are to be kept."""
        return None


@dataclass(frozen=True)
class Descent(Method):
    """Adam on one loss, the gradient's length limited, the rate falling along a cosine; the average of the weights is kept.

    Sources: D. Kingma, J. Ba, "Adam" (2015); I. Loshchilov, F. Hutter, "SGDR" (2017) and "Decoupled weight decay" (2019).

    Attributes:
        loss: `loss(weights, rows, fixed, key)`, loss of each row, shape (batch,): a function of a module.
        rate: of learning, at its highest.
        decay: of weights.
        average: decay of the exponential average of the weights; 0 for none.
        warm: part of the budget in which the rate rises.
        judged: loss of rows held out; `loss` if left out.
    """

    loss: Callable[[Tree, jax.Array, Tree, jax.Array], jax.Array]
    rate: float = 1e-3
    decay: float = 0.0
    average: float = 0.99
    warm: float = 0.02
    judged: Callable[[Tree, jax.Array, Tree, jax.Array], jax.Array] | None = None

    def begin(self, weights: Tree) -> Tree:
        """Weights, their average, the optimiser's state, the number of steps; all but the first as one vector, quick to compile."""
        vector, _ = ravel_pytree(weights)
        return weights, vector, self._optimiser.init(vector), jnp.zeros((), jnp.float32)

    @property
    def _optimiser(self) -> optax.GradientTransformation:
        return optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(b2=0.99))

    def step(self, carry: Tree, rows: jax.Array, fixed: Tree, key: jax.Array, done: jax.Array) -> tuple[Tree, Losses]:
        """Down the gradient of the batch's mean loss."""
        weights, mean, state, at = carry
        loss, slope = jax.value_and_grad(lambda w: self.loss(w, rows, fixed, key).mean())(weights)
        vector, back = ravel_pytree(weights)
        moved, state = self._optimiser.update(ravel_pytree(slope)[0], state)
        rate = self.rate * jnp.minimum(1.0, (done + 1e-3) / self.warm) * 0.5 * (1 + jnp.cos(jnp.pi * done))
        vector = vector - rate * (moved + self.decay * vector)
        kept = jnp.minimum(self.average, (1 + at) / (10 + at))  # the first weights are soon forgotten
        return (back(vector), mean + (1 - kept) * (vector - mean), state, at + 1), {"training": loss}

    def weights(self, carry: Tree) -> Tree:
        """The average."""
        return ravel_pytree(carry[0])[1](carry[1])

    def score(self, weights: Tree, rows: jax.Array, fixed: Tree, key: jax.Array) -> jax.Array:
        """The loss."""
        return (self.judged or self.loss)(weights, rows, fixed, key)


class Trained(Protocol):
    """Settings by which learners say how long to train; see `Budget`."""

    @property
    def epochs(self) -> float: ...
    @property
    def batch(self) -> int: ...
    @property
    def patience(self) -> float: ...
    @property
    def checkpoints(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long to train.

    Attributes:
        steps: at most.
        epochs: passes over the rows, at most; whichever is less counts.
        batch: rows of a step at most; of a small table a `PART` of its rows, as it takes many steps whatever the rows.
        patience: part of the budget that may pass without gain on the rows held out.
        checkpoints: folder where the state of training is kept until it ends; none is kept if empty.
    """

    steps: int
    epochs: float
    batch: int
    patience: float = 0.3
    checkpoints: str = ""

    @classmethod
    def of(cls, learner: Trained, steps: int) -> Budget:
        """That of a learner's settings, of so many steps."""
        return cls(
            steps=steps,
            epochs=learner.epochs,
            batch=learner.batch,
            patience=learner.patience,
            checkpoints=learner.checkpoints,
        )

    def rows(self, n: int) -> int:
        """Rows of a step, of n."""
        return min(self.batch, padded_size(n // PART, LEAST))

    def rounds(self, n: int) -> int:
        """How many rounds of steps for n rows, at least one."""
        return max(1, round(min(self.steps, self.epochs * n / self.rows(n)) / ROUND))


def train(
    method: Method, weights: Tree, rows: NDArray[Any], fixed: Tree, budget: Budget, key: Key, progress: Progress
) -> tuple[dict[str, NDArray[Any]], Curves]:
    """Train a network.

    Args:
        method: how.
        weights: to begin with.
        rows: what is learnt, shape (rows, …), at least one.
        fixed: arrays that all batches share.
        budget: how long.
        key: random stream of the training.
        progress: told of every round.

    Returns:
        The arrays of `method.weights`, by name: those of the round with the least loss on rows held out, or the last; and
        how training went.

    Raises:
        SpecError: checkpoints cannot be written, or training came to what is no number.
    """
    order = key.child("held out").generator().permutation(len(rows))
    out = min(int(HELD_OUT * len(rows)), MOST_HELD_OUT)
    learnt, held = (order[out:], order[:out]) if out >= 10 else (order, order)  # of a few rows, none can be spared
    table, rounds, random = jnp.asarray(_padded(rows)), budget.rounds(len(rows)), stream(key.child("steps"))
    batch = budget.rows(len(rows))
    judged, weigh = _judging(held, batch)
    run = _Run(method.begin(weights), weights)
    begin = flat({"weights": weights, "fixed": fixed, "rows": rows})
    settings = budget.steps, budget.epochs, budget.batch, budget.patience
    file = Checkpoint.of(budget.checkpoints, (_said(method), settings, key), begin) if budget.checkpoints else None
    run = run.restored(file) if file else run
    saved = time.monotonic()
    progress("training", run.round, rounds)
    while run.round < rounds and not run.stopped:
        at = run.round * ROUND
        batches = jnp.asarray(_batches(learnt, at, batch, key))
        carry, losses = _round(method, run.carry, table, batches, fixed, random, at, rounds * ROUND)
        score = _score(method, carry, table, judged, weigh, fixed, random)
        told = {name: float(loss) for name, loss in losses.items()}
        run = run.then(carry, method.weights(carry), told, float(score), rounds * budget.patience)
        progress("training", rounds if run.stopped else run.round, rounds)
        if file and time.monotonic() - saved > SECONDS:
            file.write(run.state())
            saved = time.monotonic()
    if file:
        file.remove()
    best = flat(run.best)
    if not all(np.isfinite(a).all() for a in best.values()):
        raise SpecError("training came to what is no number: try a lower rate of learning (--set rate=…).")
    return best, run.curves


@dataclass(frozen=True)
class _Run:
    """Where training is: all that the next round needs.

    Attributes:
        carry: of the method.
        best: weights of the round with the least loss on rows held out.
        round: rounds done.
        kept: the round of the best weights.
        least: their loss.
        stopped: whether training ended early.
        losses: by name, one value a round.
    """

    carry: Tree
    best: Tree
    round: int = 0
    kept: int = 0
    least: float = np.inf
    stopped: bool = False
    losses: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def then(self, carry: Tree, weights: Tree, losses: Mapping[str, float], score: float, patience: float) -> _Run:
        """After one more round.

        A score that is no number says that the last weights are to be kept; after others that were, that training has
        diverged: it ends, with the best weights so far.
        """
        if np.isnan(score) and np.isfinite(self.least):
            return replace(self, stopped=True)
        told = dict(losses) if np.isnan(score) else {**losses, "validation": score}
        better, number = np.isnan(score) or score < self.least, self.round + 1
        return _Run(
            carry,
            weights if better else self.best,
            number,
            number if better else self.kept,
            score if better and not np.isnan(score) else self.least,
            not better and number - self.kept > patience,
            {name: (*self.losses.get(name, ()), value) for name, value in told.items()},
        )

    def state(self) -> State:
        """For a checkpoint."""
        numbers = {name: getattr(self, name) for name in ("round", "kept", "least", "stopped")}
        arrays = {part: [np.ravel(leaf) for leaf in jax.tree.leaves(getattr(self, part))] for part in ("carry", "best")}
        return {**numbers, "losses": self.losses, **arrays}

    def restored(self, file: Checkpoint) -> _Run:
        """Where training was cut short; this one, at its beginning, if there is no such file.

        Raises:
            ModelFileError: it is damaged.
        """
        state = file.read()
        if state is None:
            return self
        try:
            carry, best = (_like(getattr(self, part), state[part]) for part in ("carry", "best"))
            losses = {str(name): tuple(map(float, values)) for name, values in state["losses"].items()}
            numbers = int(state["round"]), int(state["kept"]), float(state["least"]), bool(state["stopped"])
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise ModelFileError(
                f"{file.path}: the checkpoint is damaged ({fault}); delete it to begin anew."
            ) from None
        return _Run(carry, best, *numbers, losses)

    @property
    def curves(self) -> Curves:
        """For the model."""
        steps = tuple(ROUND * (i + 1) for i in range(self.round))
        return Curves(steps, dict(self.losses), ROUND * self.kept, self.stopped)


@partial(compiled, static_argnums=0)
def _round(
    method: Method, carry: Tree, table: jax.Array, batches: jax.Array, fixed: Tree, key: jax.Array, at: int, total: int
) -> tuple[Tree, Losses]:
    """The steps of a round."""

    def step(carry: Tree, each: tuple[jax.Array, jax.Array]) -> tuple[Tree, Losses]:
        number, batch = each
        return method.step(carry, table[batch], fixed, jax.random.fold_in(key, number), number / total)

    carry, losses = jax.lax.scan(step, carry, (at + jnp.arange(len(batches)), batches))
    return carry, {name: values.mean() for name, values in losses.items()}


@partial(compiled, static_argnums=0)
def _score(
    method: Method, carry: Tree, table: jax.Array, batches: jax.Array, weigh: jax.Array, fixed: Tree, key: jax.Array
) -> jax.Array:
    """Mean loss of the rows held out, each with the same random numbers whenever it is asked."""
    weights = method.weights(carry)

    def each(number: jax.Array, batch: jax.Array, weigh: jax.Array) -> jax.Array:
        losses = method.score(weights, table[batch], fixed, jax.random.fold_in(key, -1 - number))
        return jnp.full((), jnp.nan) if losses is None else jnp.vdot(losses, weigh)

    sums = jax.lax.map(lambda x: each(*x), (jnp.arange(len(batches)), batches, weigh))
    return jnp.sum(sums) / jnp.sum(weigh)


def _batches(rows: NDArray[np.int64], at: int, batch: int, key: Key) -> NDArray[np.int32]:
    """Row numbers of the steps of a round, shape (ROUND, batch): of one pass after another, each in an order of its own."""
    first, n = at * batch, len(rows)
    passes = range(first // n, (first + ROUND * batch - 1) // n + 1)
    order = np.concatenate([rows[key.child("pass", e).generator().permutation(n)] for e in passes])
    begin = first - passes[0] * n
    return order[begin : begin + ROUND * batch].reshape(ROUND, batch).astype(np.int32)


def _judging(rows: NDArray[np.int64], batch: int) -> tuple[jax.Array, jax.Array]:
    """Batches of the rows held out, padded, and 1 where a place is no padding."""
    count = padded_size(-(-len(rows) // batch), 1)
    places = np.arange(count * batch)
    weigh = (places < len(rows)).astype(np.float32)
    batches = rows[np.minimum(places, len(rows) - 1)].astype(np.int32)
    return jnp.asarray(batches.reshape(count, batch)), jnp.asarray(weigh.reshape(count, batch))


def _padded(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows with some more that no batch takes, so that tables of like sizes are of one."""
    out = np.zeros((padded_size(len(rows), 1024), *rows.shape[1:]), dtype=rows.dtype)
    out[: len(rows)] = rows
    return out


def stream(key: Key) -> jax.Array:
    """A key of JAX for a stream of ours."""
    words = key.generator().integers(2**32, size=2, dtype=np.uint32)
    out: jax.Array = jax.random.wrap_key_data(jnp.asarray(words), impl="threefry2x32")
    return out


def flat(tree: Tree) -> dict[str, NDArray[Any]]:
    """The arrays of a pytree by name, such as `layers.0.weight`.

    >>> sorted(flat({"a": jnp.zeros(2), "b": [jnp.ones(3)]}))
    ['a', 'b.0']
    """
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="."): np.asarray(leaf) for path, leaf in leaves}


def unflat(tree: Tree, arrays: Mapping[str, NDArray[Any]]) -> Tree:
    """The inverse of `flat`, for arrays that came of such a pytree."""
    return jax.tree.unflatten(jax.tree.structure(tree), list(map(jnp.asarray, arrays.values())))


def _like(tree: Tree, arrays: Any) -> Tree:
    """Flat arrays out of a file in the places and shapes of a pytree's."""
    leaves, shape = jax.tree.flatten(tree)
    for mine, read in zip(leaves, arrays, strict=True):
        if mine.dtype != read.dtype:
            raise ValueError(f"an array of {read.dtype}, not {mine.dtype}")
    read = (jnp.asarray(each.reshape(mine.shape)) for mine, each in zip(leaves, arrays, strict=True))
    return jax.tree.unflatten(shape, read)


def _said(method: Method) -> str:
    """A method's settings, its functions by name."""
    values = vars(method).items()
    each = {name: getattr(value, "__qualname__", None) or repr(value) for name, value in values}
    return f"{type(method).__name__}{each}"
