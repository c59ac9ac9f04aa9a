"""A variational autoencoder: rows come from a latent vector, of which each column's law is a function.

Source: L. Xu et al., "Modeling tabular data using conditional GAN" (2019), section 4.6: TVAE. The networks are in `_vae_net`;
here are the draw, conditions, and what is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.curves import Curves
from rowsmith.core.errors import ModelFileError
from rowsmith.core.protocols import CodeArray, Codes, FittedLearner, Known, Learner, Progress, silent
from rowsmith.core.rng import Key
from rowsmith.core.settings import check_ranges
from rowsmith.core.state import State
from rowsmith.learn._nets import (
    BLOCK,
    Coding,
    Evidence,
    Index,
    Weights,
    blocks,
    chances,
    checked,
    need,
    pick,
    snapped,
)

Doubles = NDArray[np.float64]

CANDIDATES = 8192
"""Latent vectors from which that of a row is taken of which something is known."""
CALIBRATION = 16_384
"""Latent vectors over which drawn shares are held against those of the learnt rows."""
TURNS = 8
"""Times that the laws of classes are shifted towards these."""


@dataclass(frozen=True)
class Decoder(FittedLearner):
    """The trained prior and decoder.

    Attributes:
        coding: codes of the table as classes.
        network: arrays (see `_vae_net.finished`), those of all columns' classes one below the other.
        curves: how training went.
    """

    coding: Coding
    network: Weights
    curves: Curves

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows: a latent vector each, then every column given it.

        Where something is known of a row, its latent vector is taken from `CANDIDATES` of the prior, by how likely each makes
        what is known (likelihood weighting: R. Fung, K. Chang, 1989): near to the law of the model the better the more of
        them come near what is known.
        """
        known, net = self.coding.known(given), self._net
        classes = np.zeros((n, len(self.coding.places)), dtype=np.int64)
        if not self.coding.places:
            return self.coding.decode(classes, key, known)
        places = [key.child(place).generator() for place in self.coding.places]
        choose = key.child("latent").generator()
        bank = net.latent_from(key.child("candidates").generator(), CANDIDATES) if known else None
        told = {} if bank is None else net.likelihoods(bank, known)
        for rows in blocks(n, BLOCK if bank is None else BLOCK // 8):
            m, here = rows.stop - rows.start, {j: each.part(rows) for j, each in known.items()}
            if bank is None:
                latent = net.latent_from(choose, m)
            else:
                likely = sum(table[_of_row(here[j])] for j, table in told.items())
                latent = bank[pick(np.asarray(likely), choose.random(m))]
            hidden = net.hidden(latent)
            for j, place in enumerate(places):
                each = here.get(j)
                if each is not None and each.classes is not None:
                    classes[rows, j] = each.classes
                else:
                    shares = None if each is None else each.shares[each.group]
                    classes[rows, j] = pick(net.logits(j, hidden), place.random(m), shares)
        return self.coding.decode(classes, key, known)

    @cached_property
    def _net(self) -> _Net:
        return _Net.of(self.coding, self.network)

    def calibrated(self, key: Key) -> Self:
        """The same with each column's shares, as drawn, moved to those of the learnt rows, by a shift of its classes' logits.

        Training alone leaves them off by a few percent. What a latent vector says of columns together is not changed.
        """
        if not self.coding.places:
            return self
        net = self._net
        hidden, shift = net.hidden(net.latent_from(key.generator(), CALIBRATION)), []
        for j, alphabet in enumerate(self.coding.alphabets):
            logits, more = net.logits(j, hidden), np.zeros(alphabet.size)
            for _ in range(TURNS):
                drawn = chances(logits + more).mean(axis=0)
                more += np.clip(np.log(alphabet.shares) - np.log(drawn + 1e-12), -1.0, 1.0)
            shift.append(net.shift[j] + more)
        return replace(self, network={**self.network, "shift": np.concatenate(shift).astype(np.float32)})

    def state(self) -> State:
        """Arrays, and plain values."""
        return {"coding": self.coding.state(), "network": dict(self.network), "curves": self.curves.to_dict()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: arrays do not fit together.
        """
        coding, read = Coding.from_state(state["coding"]), state["network"]
        if not coding.places:
            return cls(coding, {}, Curves.from_dict(state["curves"]))
        (parts, latent), width, total = read["centre"].shape, len(read["first_bias"]), sum(coding.sizes)
        shapes = {
            "share": (parts,),
            "centre": (parts, latent),
            "spread": (parts, latent),
            "first": (latent, width),
            "first_bias": (width,),
            "second": (width, width),
            "second_bias": (width,),
            "outer": (total, width),
            "shift": (total,),
        }
        arrays = checked(read, shapes)
        if not (arrays["share"] >= 0).all() or abs(arrays["share"].sum() - 1) > 0.01:
            raise ModelFileError("the shares of the network's prior are damaged.")
        return cls(coding, arrays, Curves.from_dict(state["curves"]))


@dataclass(frozen=True)
class _Net:
    """The arrays, ready for the draw: in double precision, in which their products are exact, and by column."""

    arrays: Mapping[str, Doubles]
    outer: list[Doubles]
    shift: list[Doubles]

    @classmethod
    def of(cls, coding: Coding, arrays: Weights) -> Self:
        if not arrays:
            return cls({}, [], [])
        ready = {name: snapped(array) for name, array in arrays.items()}
        outer, shift = (np.split(ready[name], np.cumsum(coding.sizes)[:-1]) for name in ("outer", "shift"))
        return cls(ready, [np.ascontiguousarray(each.T) for each in outer], shift)

    def latent_from(self, generator: np.random.Generator, n: int) -> Doubles:
        """Latent vectors of the prior, shape (n, latent): one takes as many numbers of the stream as any other."""
        share, centre, spread = (self.arrays[name] for name in ("share", "centre", "spread"))
        random = generator.random((n, 1 + centre.shape[1]))
        part = np.minimum(np.searchsorted(np.cumsum(share), random[:, 0] * share.sum(), side="right"), len(share) - 1)
        return snapped(centre[part] + spread[part] * _normal(random[:, 1:]))

    def hidden(self, latent: Doubles) -> Doubles:
        """The decoder's last layer, shape (n, width)."""
        first, bias, second, end = (self.arrays[n] for n in ("first", "first_bias", "second", "second_bias"))
        inner = snapped(np.maximum(latent @ first + bias, 0))
        return snapped(np.maximum(inner @ second + end, 0))

    def logits(self, j: int, hidden: Doubles) -> Doubles:
        """Of a column's classes, shape (n, classes)."""
        return np.asarray(hidden @ self.outer[j] + self.shift[j])

    def likelihoods(self, latent: Doubles, known: Mapping[int, Evidence]) -> dict[int, Doubles]:
        """Of each known column, logarithm of how likely a vector makes each class, or group of codes, shape (classes, n)."""
        hidden, out = self.hidden(latent), {}
        for j, each in known.items():
            law = chances(self.logits(j, hidden)).T
            out[j] = np.log((law if each.classes is not None else each.shares @ law) + 1e-12)
        return out


def _normal(places: Doubles) -> Doubles:
    """Standard normal numbers at places from 0 to 1 of their law."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(places, 1e-12, 1 - 1e-12)))


def _of_row(known: Evidence) -> Index:
    """What is known of each row's column: its class, or else its group."""
    return known.group if known.classes is None else known.classes


@dataclass(frozen=True, kw_only=True)
class Vae(Learner):
    """A variational autoencoder: quick to draw from; what columns have to do with each other is softer than it was.

    >>> import numpy as np
    >>> from rowsmith.core.protocols import Codes
    >>> from rowsmith.core.rng import Key
    >>> coin = Codes(np.array([0, 1, 1, 0] * 50, dtype=np.uint16), size=2, ordered=False)
    >>> first, second = Vae().fit([coin, coin], key=Key(7)).draw(1000, Key(7))
    >>> bool((first == second).mean() > 0.9)
    True
    """

    width: int = 128
    """Units of a hidden layer."""
    latent: int = 24
    """Length of the latent vector."""
    parts: int = 64
    """Normal laws in the prior."""
    weight: float = 2.0
    """Of what columns lose, against the latent vector's distance from its prior: above 1, columns hang closer together."""
    steps: int = 3000
    """Steps of training at most."""
    epochs: float = 50.0
    """Passes over the rows at most; whichever is less counts."""
    batch: int = 256
    """Rows of a step at most; fewer of a table below 16,000 rows."""
    rate: float = 0.002
    """Of learning, at its highest."""
    patience: float = 0.3
    """Part of the training that may pass without gain on rows held out before it ends."""
    checkpoints: str = field(default="", metadata={"kept": False})
    """Folder where the state of training is kept until it ends, so that a fit that was cut short goes on; none if empty."""

    fitted = Decoder

    def __post_init__(self) -> None:
        ranges = {
            "width": (2, 4096), "latent": (1, 1024), "parts": (1, 4096), "steps": (1, 10**8), "epochs": (0, 10**6),
            "batch": (1, 10**5), "weight": (0.01, 100), "rate": (0, 1), "patience": (0, 1),
        }  # fmt: skip
        check_ranges(self, ranges)

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Decoder:
        """Train the networks, fit the prior once more, then calibrate the shares that are drawn.

        Raises:
            SpecError: JAX, Equinox or Optax is not installed; or checkpoints cannot be written.
        """
        need("vae")
        from rowsmith.learn import _vae_net
        from rowsmith.learn._nets_train import Budget, train, unflat
        from rowsmith.learn._nets_vectors import padded_rows

        coding = Coding.of(columns)
        if not coding.places:
            progress("training", 0, 0)
            return Decoder(coding, {}, Curves((), {}, 0, False))
        network, fixed = _vae_net.begin(coding, self.width, self.latent, self.parts, self.weight, key.child("weights"))
        budget = Budget.of(self, self.steps)
        rows = padded_rows(coding, coding.encode(columns))
        arrays, curves = train(_vae_net.descent(self.rate), network, rows, fixed, budget, key, progress)
        finished = _vae_net.finished(unflat(network, arrays), rows, coding, fixed, key.child("prior"))
        fitted = Decoder(coding, finished, curves)
        return fitted.calibrated(key.child("calibration"))
