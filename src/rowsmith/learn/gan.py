"""A generative adversarial network: a generator that makes rows of noise, trained against a critic that tells them from real.

After CTGAN (L. Xu et al., "Modeling tabular data using conditional GAN", 2019): ordered columns as a mode and a place in it
(`_modes`), a condition on one class of a column without order, training by sampling, and a critic that sees packs of rows
(`_gan_net`). What is given is met otherwise than there, exactly in the given columns and for any number of them: see `Made`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.curves import Curves
from rowsmith.core.errors import ModelFileError
from rowsmith.core.protocols import CodeArray, Codes, FittedLearner, Known, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.settings import check_ranges
from rowsmith.core.state import State
from rowsmith.learn._modes import NOISE, SPAN, Modes, normal_scores, states_of
from rowsmith.learn._nets import (
    BLOCK,
    Coding,
    Evidence,
    Floats,
    Index,
    Weights,
    blocks,
    checked,
    filled,
    levelled,
    need,
    pick,
)

FEWEST = 100
"""Fewer rows than these teach a network nothing."""
CALIBRATION = 8192
"""Rows by which the shares of classes are put right."""
POOL = 4096
"""Rows of noise among which those are found that make what is given likely."""
SMEAR = 0.05
"""Standard deviation of what is added to the score of an ordered class, so that a place in a mode has a law."""


@dataclass(frozen=True)
class Generator:
    """The trained generator, as arrays.

    Attributes:
        coding: codes of the table as classes.
        modes: centers and widths of each ordered column's modes; None for one without order.
        weights: of three layers: from hidden units and noise, then from the condition; see `_gan_net.finished`.
        added: to the log-odds of each column's states, so that they come as often as they should.
        edges: between the scores of an ordered column's classes, so that these come as often as they should, rising.
    """

    coding: Coding
    modes: tuple[tuple[Floats, Floats] | None, ...]
    weights: Weights
    added: tuple[Floats, ...]
    edges: tuple[Floats, ...]

    def latents(self, n: int, rng: np.random.Generator) -> Latents:
        """What the generator makes of fresh noise, and conditions as the learnt rows have them, in n rows."""
        noise = rng.standard_normal((n, NOISE), dtype=np.float32)
        free = [j for j, mode in enumerate(self.modes) if mode is None]
        starts = np.cumsum([0, *(len(a) for a in self.added)])
        condition = np.zeros(n, dtype=np.int64)
        if free:
            column, places = rng.integers(len(free), size=n), rng.random(n)
            for number, j in enumerate(free):
                ends = np.cumsum(self.coding.alphabets[j].shares)
                rows = column == number
                wanted = np.minimum(np.searchsorted(ends, places[rows], side="right"), len(ends) - 1)
                condition[rows] = starts[j] + wanted
        at = noise
        for layer in range(3):
            weight, bias = self.weights[f"{layer}.weight"], self.weights[f"{layer}.bias"]
            out = at @ weight[: at.shape[1]] + bias
            if free:
                out += weight[at.shape[1] :][condition]
            if layer < 2:
                out /= np.sqrt(np.mean(out**2, axis=1, keepdims=True) + np.float32(1e-5))
                at = np.concatenate([np.maximum(out, 0), at], axis=1)
        odds = [out[:, a:b] + add for a, b, add in zip(starts, starts[1:], self.added, strict=False)]
        return Latents(self, odds, np.tanh(out[:, starts[-1] :]))


@dataclass(frozen=True)
class Latents:
    """Rows before they are drawn: the law of each of their columns, which are independent given this.

    Attributes:
        generator: that made them.
        odds: log-odds of the states of each column, shape (n, states).
        place: in the mode, of each column, shape (n, d).
    """

    generator: Generator
    odds: list[Floats]
    place: Floats

    def part(self, rows: Index) -> Latents:
        """Some of them."""
        return Latents(self.generator, [each[rows] for each in self.odds], self.place[rows])

    def scores(self, j: int) -> Floats:
        """Score of an ordered column in each of its modes, shape (n, modes)."""
        mode = self.generator.modes[j]
        assert mode is not None, "the column is ordered"
        center, width = mode
        return np.asarray(center + np.float32(SPAN) * width * self.place[:, j, None])

    def law(self, j: int) -> Floats:
        """Log-likelihood of a column's classes, shape (n, classes)."""
        from scipy.special import log_softmax, ndtr

        states = np.asarray(log_softmax(self.odds[j], axis=1))
        if self.generator.modes[j] is None:
            return states
        likely = np.exp(states)
        below, scores = np.zeros((len(likely), len(self.generator.edges[j]))), self.scores(j)
        for mode in range(likely.shape[1]):
            below += likely[:, mode, None] * ndtr((self.generator.edges[j] - scores[:, mode, None]) / SMEAR)
        ends = np.hstack([np.zeros((len(below), 1)), below, np.ones((len(below), 1))])
        return np.asarray(np.log(np.maximum(np.diff(ends, axis=1), 1e-9)), dtype=np.float32)

    def drawn_scores(self, j: int, rng: np.random.Generator) -> Floats:
        """A score of an ordered column for each row."""
        mode = pick(self.odds[j], rng.random(len(self.place), dtype=np.float32))
        smear = rng.standard_normal(len(mode), dtype=np.float32)
        return np.asarray(self.scores(j)[np.arange(len(mode)), mode] + np.float32(SMEAR) * smear)

    def drawn(self, j: int, rng: np.random.Generator) -> Index:
        """A class of a column for each row."""
        if self.generator.modes[j] is None:
            return pick(self.odds[j], rng.random(len(self.place), dtype=np.float32))
        return np.asarray(np.searchsorted(self.generator.edges[j], self.drawn_scores(j, rng), side="right"))


@dataclass(frozen=True)
class Made(FittedLearner):
    """The trained generator, or shares alone where there was too little to train one.

    Attributes:
        generator: what was trained.
        curves: how training went.
    """

    generator: Generator
    curves: Curves

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows.

        Where something is known, the noise from which a row is made is taken from `POOL` candidates, by how likely it makes
        what is known (importance resampling); known columns are then as they are known, and the others drawn from
        this noise. So the others are near to their law given what is known, and less near, the rarer that is.
        """
        from threadpoolctl import threadpool_limits

        coding = self.generator.coding
        known = coding.known(given)
        classes = np.zeros((n, len(coding.places)), dtype=np.int64)
        with threadpool_limits(1, user_api="blas"):  # the last bit of a product hangs on how many threads there are
            for rows in blocks(n if coding.places else 0):
                rng = key.child("block", rows.start // BLOCK).generator()
                here = {j: each.part(filled(np.arange(rows.start, rows.stop), BLOCK)) for j, each in known.items()}
                classes[rows] = self._block(rng, here)[: rows.stop - rows.start]
        return coding.decode(classes, key.child("codes"), known)

    def _block(self, rng: np.random.Generator, known: Mapping[int, Evidence]) -> Index:
        """Classes of a block of rows, shape (BLOCK, d)."""
        generator = self.generator
        latents = generator.latents(POOL if known else BLOCK, rng)
        if known:
            weight = np.zeros((BLOCK, POOL), dtype=np.float32)
            for j, each in known.items():
                law = latents.law(j)
                if each.classes is None:  # how likely each group is
                    law = np.log(np.exp(law) @ each.shares.T.astype(np.float32) + np.float32(1e-12))
                weight += law[:, each.group if each.classes is None else each.classes].T
            latents = latents.part(pick(weight, rng.random(BLOCK, dtype=np.float32)))
        out = np.zeros((BLOCK, len(generator.modes)), dtype=np.int64)
        for j in range(len(generator.modes)):
            told = known.get(j)
            if told is None:
                out[:, j] = latents.drawn(j, rng)
            elif told.classes is not None:
                out[:, j] = told.classes
            else:
                out[:, j] = pick(latents.law(j), rng.random(BLOCK, dtype=np.float32), told.shares[told.group])
        return out

    def state(self) -> State:
        """Arrays of the generator, and how training went."""
        generator = self.generator
        modes = [None if mode is None else {"center": mode[0], "width": mode[1]} for mode in generator.modes]
        return {
            "coding": generator.coding.state(),
            "modes": modes,
            "weights": dict(generator.weights),
            "added": list(generator.added),
            "edges": list(generator.edges),
            "curves": self.curves.to_dict(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: its parts do not fit together.
        """
        coding = Coding.from_state(state["coding"])
        alphabets, read = coding.alphabets, state["modes"]
        if not len(read) == len(state["added"]) == len(state["edges"]) == len(alphabets):
            raise ModelFileError("the generator's columns are damaged.")
        modes: list[tuple[Floats, Floats] | None] = []
        added, edges = [], []
        for alphabet, mode, add, edge in zip(alphabets, read, state["added"], state["edges"], strict=True):
            k = alphabet.size if mode is None else len(mode["center"])
            if (mode is None) is alphabet.ordered:
                raise ModelFileError("the generator's columns are damaged.")
            modes.append(None)
            if mode is not None:
                shown = checked(mode, {"center": (k,), "width": (k,)})
                modes[-1] = shown["center"], shown["width"]
            rest = checked(
                {"added": add, "edges": edge}, {"added": (k,), "edges": (0 if mode is None else alphabet.size - 1,)}
            )
            if (np.diff(rest["edges"]) < 0).any():
                raise ModelFileError("the generator's scores are damaged.")
            added.append(rest["added"])
            edges.append(rest["edges"])
        width = len(state["weights"]["0.bias"]) if alphabets else 0
        weights = checked(state["weights"], _shapes([len(a) for a in added], width))
        return cls(
            Generator(coding, tuple(modes), weights, tuple(added), tuple(edges)), Curves.from_dict(state["curves"])
        )


def _shapes(states: Sequence[int], width: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the generator's arrays."""
    told, out = sum(states), sum(states) + len(states)
    into = [NOISE + told + layer * width for layer in range(3)]
    weights = {f"{layer}.weight": (into[layer], out if layer == 2 else width) for layer in range(3)}
    return weights | {f"{layer}.bias": (out if layer == 2 else width,) for layer in range(3)}


def _levelled(generator: Generator, targets: Sequence[NDArray[np.float64]], key: Key) -> Generator:
    """The same with states and classes as often as they should come.

    Args:
        generator: that adds nothing yet.
        targets: share of each state of each column.
        key: random stream of the rows by which it is measured.
    """
    latents = generator.latents(CALIBRATION, key.child("rows").generator())
    added = tuple(levelled(odds, target) for odds, target in zip(latents.odds, targets, strict=True))
    latents = Latents(generator, [o + a for o, a in zip(latents.odds, added, strict=True)], latents.place)
    edges = list(generator.edges)
    for j, alphabet in enumerate(generator.coding.alphabets):
        if alphabet.ordered:
            scores = latents.drawn_scores(j, key.child("scores", j).generator())
            edges[j] = np.quantile(scores, np.cumsum(alphabet.shares)[:-1].clip(0, 1)).astype(np.float32)
    return Generator(generator.coding, generator.modes, generator.weights, added, tuple(edges))


@dataclass(frozen=True, kw_only=True)
class Gan(Learner):
    """A generator of rows trained against a critic, after CTGAN. For comparison: other learners are closer and quicker.

    How often classes come is put right after training, so that margins are kept closely. Of fewer than 100 rows no network
    is trained, and columns are drawn each on its own.

    >>> import numpy as np
    >>> from rowsmith.core.protocols import Codes
    >>> from rowsmith.core.rng import Key
    >>> coin = Codes(np.array([0, 1, 1, 0] * 100, dtype=np.uint16), size=2, ordered=False)
    >>> first, second = Gan().fit([coin, coin], key=Key(7)).draw(1000, Key(7))
    >>> bool((first == second).mean() > 0.9)
    True
    """

    width: int = 256
    """Units of a hidden layer, of the generator as of the critic."""
    steps: int = 6000
    """Steps of training at most."""
    epochs: float = 90.0
    """Passes over the rows at most, but 300 steps at least; whichever is less counts."""
    batch: int = 500
    """Rows of a step: some packs of 10."""
    rate: float = 0.0005
    """Of learning; it falls in the second half."""
    checkpoints: str = field(default="", metadata={"kept": False})
    """Folder where the state of training is kept until it ends, so that a fit that was cut short goes on; none if empty."""

    fitted = Made

    def __post_init__(self) -> None:
        ranges = {
            "width": (2, 4096), "steps": (1, 10**8), "epochs": (0, 10**6), "batch": (10, 10**5), "rate": (0, 1),
        }  # fmt: skip
        check_ranges(self, ranges)

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Made:
        """Train both networks, then put right how often classes come.

        Raises:
            SpecError: JAX, Equinox or Optax is not installed; or checkpoints cannot be written.
        """
        need("gan")
        coding = Coding.of(columns)
        alphabets, rows = coding.alphabets, coding.encode(columns)
        modes = [Modes.fit(a.shares, normal_scores(a.shares)) if a.ordered else None for a in alphabets]
        states = [states_of(a, mode) for a, mode in zip(alphabets, modes, strict=True)]
        weights: Weights = {name: np.zeros(shape, np.float32) for name, shape in _shapes(states, 1).items()}
        curves = Curves((), {}, 0, False)
        if len(rows) < FEWEST or len(alphabets) < 2:
            progress("training", 0, 0)
        else:
            from rowsmith.learn import _gan_net
            from rowsmith.learn._nets_train import Budget, train

            pair, fixed = _gan_net.begin(alphabets, modes, rows, self.width, key.child("weights"))
            batch = self.batch // _gan_net.PACK * _gan_net.PACK
            steps = min(self.steps, max(300, round(self.epochs * len(rows) / batch)))
            budget = Budget(steps=steps, epochs=np.inf, batch=1, checkpoints=self.checkpoints)
            duel = _gan_net.Duel(batch=batch, rate=self.rate)
            arrays, curves = train(duel, pair, rows, fixed, budget, key.child("training"), progress)
            weights = _gan_net.finished(arrays, alphabets, modes)
        generator = Generator(
            coding,
            tuple(None if m is None else (m.center.astype(np.float32), m.width.astype(np.float32)) for m in modes),
            weights,
            tuple(np.zeros(k, np.float32) for k in states),
            tuple(np.zeros(a.size - 1 if a.ordered else 0, np.float32) for a in alphabets),
        )
        targets = [a.shares if m is None else a.shares @ m.of for a, m in zip(alphabets, modes, strict=True)]
        return Made(_levelled(generator, targets, key.child("calibration")), curves)
