"""A network that knows the law of every column given any others: exact conditions on any columns, seen or unseen in pairs.

Source of the idea: P. Tiwald et al., "TabularARGN: a flexible and efficient auto-regressive framework for generating
high-fidelity synthetic data" (2025). The network is in `_any_order`; here are the draw and what is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    checked,
    mass,
    need,
    pick,
    snapped,
)

Doubles = NDArray[np.float64]

PARTICLES = 64
"""Candidates of a row of which groups are known in several columns; one is taken by how likely it makes the groups."""


@dataclass(frozen=True)
class Laws(FittedLearner):
    """The trained network.

    Attributes:
        coding: codes of the table as classes.
        order: places in the network in the order in which they are drawn where nothing is known.
        network: its arrays (see `_any_order.finished`), those of all columns' classes one below the other.
        curves: how training went.
    """

    coding: Coding
    order: tuple[int, ...]
    network: Weights
    curves: Curves

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows. What is given comes first and the other columns given it, so their law is the network's own.

        Where groups of codes are known, not codes, in several columns, rows are taken from `PARTICLES` candidates each by the
        likelihood of the groups (importance resampling), which is near to their law; in one column it is exact.
        """
        known = self.coding.known(given)
        classes = np.zeros((n, len(self.order)), dtype=np.int64)
        if not self.order:
            return self.coding.decode(classes, key, known)
        places = {j: key.child(self.coding.places[j]).generator() for j in self.order}
        chosen = key.child("particle").generator()
        alone = sum(each.classes is None for each in known.values()) < 2
        for rows in blocks(n, BLOCK if alone else BLOCK // 16):
            here = {j: each.part(rows) for j, each in known.items()}
            classes[rows] = _draw(self._net, self.order, rows.stop - rows.start, here, places, chosen)
        return self.coding.decode(classes, key, known)

    @cached_property
    def _net(self) -> _Net:
        return _Net.of(self.coding, self.network)

    def state(self) -> State:
        """Arrays, and plain values."""
        return {
            "coding": self.coding.state(),
            "order": list(self.order),
            "network": dict(self.network),
            "curves": self.curves.to_dict(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: arrays do not fit together.
        """
        coding, order = Coding.from_state(state["coding"]), tuple(map(int, state["order"]))
        if sorted(order) != list(range(len(coding.places))):
            raise ModelFileError("the order of the network's columns is damaged.")
        d, total, read = len(order), sum(coding.sizes), state["network"]
        width, narrow = read["weight"].shape[1:] if "weight" in read else (0, 0)
        shapes = {
            "inner": (total, width),
            "start": (d, width),
            "weight": (d, width, narrow),
            "bias": (d, narrow),
            "outer": (total, narrow),
            "shift": (total,),
        }
        return cls(coding, order, checked(read, shapes) if d else {}, Curves.from_dict(state["curves"]))


@dataclass(frozen=True)
class _Net:
    """The network's arrays, ready for the draw: by column, and in double precision, in which their products are exact."""

    inner: list[Doubles]
    start: Doubles
    weight: Doubles
    bias: Doubles
    outer: list[Doubles]
    shift: list[Doubles]

    @classmethod
    def of(cls, coding: Coding, arrays: Weights) -> Self:
        ready = {name: snapped(array) for name, array in arrays.items()}
        ends = np.cumsum(coding.sizes)[:-1]
        inner, outer, shift = (np.split(ready[name], ends) for name in ("inner", "outer", "shift"))
        return cls(
            inner, ready["start"], ready["weight"], ready["bias"], [np.ascontiguousarray(o.T) for o in outer], shift
        )

    def logits(self, j: int, seen: Doubles) -> Doubles:
        """Of a column's classes, given the sum over what is seen of the rows."""
        hidden = np.maximum(seen + self.start[j], 0)
        own = snapped(np.maximum(hidden @ self.weight[j] + self.bias[j], 0))
        return np.asarray(own @ self.outer[j] + self.shift[j])


def _draw(
    net: _Net,
    order: Sequence[int],
    n: int,
    known: Mapping[int, Evidence],
    places: Mapping[int, np.random.Generator],
    chosen: np.random.Generator,
) -> Index:
    """Classes of n rows, shape (n, columns)."""
    out = np.zeros((n, len(order)), dtype=np.int64)
    seen = np.zeros((n, net.start.shape[1]))
    exact = {j: each.classes for j, each in known.items() if each.classes is not None}
    for j, classes in exact.items():
        out[:, j] = classes
        seen += net.inner[j][classes]
    grouped = [j for j in order if j in known and j not in exact]
    each = PARTICLES if len(grouped) > 1 else 1
    out, seen, weight = np.repeat(out, each, axis=0), np.repeat(seen, each, axis=0), np.zeros(n * each)
    for j in grouped:
        logits, shares = net.logits(j, seen), np.repeat(known[j].shares[known[j].group], each, axis=0)
        weight += np.log(mass(logits, shares))
        out[:, j] = pick(logits, places[j].random(n * each), shares)
        seen += net.inner[j][out[:, j]]
    if each > 1:
        best = np.arange(n) * each + pick(weight.reshape(n, each), chosen.random(n))
        out, seen = out[best], seen[best]
    for j in order:
        if j not in known:
            out[:, j] = pick(net.logits(j, seen), places[j].random(n))
            seen += net.inner[j][out[:, j]]
    return out


@dataclass(frozen=True, kw_only=True)
class Autoregressive(Learner):
    """A network trained to fill in any column given any others: conditions on whatever columns are exact.

    >>> import numpy as np
    >>> from rowsmith.core.protocols import Codes
    >>> from rowsmith.core.rng import Key
    >>> coin = Codes(np.array([0, 1, 1, 0] * 50, dtype=np.uint16), size=2, ordered=False)
    >>> first, second = Autoregressive().fit([coin, coin], key=Key(7)).draw(1000, Key(7))
    >>> bool((first == second).mean() > 0.9)
    True
    """

    width: int = 128
    """Units of the hidden layer."""
    steps: int = 1500
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

    fitted = Laws

    def __post_init__(self) -> None:
        ranges = {"width": (2, 4096), "steps": (1, 10**8), "epochs": (0, 10**6), "batch": (1, 10**5), "rate": (0, 1)}
        check_ranges(self, {**ranges, "patience": (0, 1)})

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Laws:
        """Train the network; the strongest columns come first where nothing is known.

        Raises:
            SpecError: JAX, Equinox or Optax is not installed; or checkpoints cannot be written.
        """
        need("autoregressive")
        from rowsmith.learn import _any_order
        from rowsmith.learn._nets_train import Budget, train
        from rowsmith.learn._nets_vectors import padded_rows
        from rowsmith.learn._order import chain_order

        coding = Coding.of(columns)
        if not coding.places:
            progress("training", 0, 0)
            return Laws(coding, (), {}, Curves((), {}, 0, False))
        chain = chain_order([columns[i] for i in coding.places])
        order = sorted(chain, key=lambda j: coding.places[j] >= given)
        network, fixed = _any_order.begin(coding, order, given, self.width, key.child("weights"))
        budget = Budget.of(self, self.steps)
        rows = padded_rows(coding, coding.encode(columns))
        arrays, curves = train(_any_order.descent(self.rate), network, rows, fixed, budget, key, progress)
        return Laws(coding, tuple(order), _any_order.finished(arrays, coding, fixed), curves)
