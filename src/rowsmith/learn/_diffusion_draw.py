"""Drawing rows of a diffusion model in a few steps, with NumPy.

A step asks the network once for all rows. From what it says of an ordered column a class is drawn, and told again with new
noise of as much precision as the schedule adds; in the last step the class stays. A class without order is drawn, and
certain, at the step that the schedule says. So each step's draw follows the network's law of every single column exactly,
and only that columns hang together within a step is lost: the more steps, the less.

Columns that are given are certain from the start. Of a column of which only a group of classes is given, a class is drawn
within the group before the first step, given the columns that are certain: by the network's law of one column, exactly;
where several such columns hang together, by particles that are weighed by how likely the later groups are, and of which
one is taken (sampling-importance-resampling, D. Rubin, 1988).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._diffusion import Channels
from rowsmith.learn._nets import Evidence, Floats, Index, by_blocks, filled, pick

PARTICLES = 16
"""Particles of a row, where groups of several columns are given."""



Choose = Callable[[int, int, Floats], Index]
"""From a step, a column and the log-likelihood of its classes in each row to a class of each row."""


@dataclass(frozen=True)
class Network:
    """What was learnt, as arrays: those of `_diffusion_net.Denoiser` without padding, for d columns of c classes in all.

    Attributes:
        channels: how noise hides the classes.
        enter: shape (c, width); less its mean over the shares of a column, so that a column of which nothing is told adds nothing.
        level: shape (d, width).
        certain: shape (d, width).
        bias: shape (width,).
        layers: inner weights, bias and outer weights of each block.
        leave: shape (width, c).
        odds: shape (c,).
    """

    channels: Channels
    enter: Floats
    level: Floats
    certain: Floats
    bias: Floats
    layers: tuple[tuple[Floats, Floats, Floats], ...]
    leave: Floats
    odds: Floats

    @cached_property
    def logs(self) -> Floats:
        """Log-share of each class, shape (c,)."""
        return np.asarray(np.maximum(np.log(self.channels.shares), np.float32(-20.0)))

    def hidden(self, entered: Floats) -> Floats:
        """What leaves the blocks, shape (n, width), from what entered them."""
        for inner, bias, outer in self.layers:
            inside = _scaled(entered) @ inner + bias
            inside /= 1 + np.exp(-inside)
            entered = entered + inside @ outer
        return _scaled(entered)

    def law(self, j: int, hidden: Floats) -> Floats:
        """Log-likelihood of a column's classes by what is told of the others, shape (n, classes), apart from a constant."""
        place = self.channels.of_column(j)
        says = hidden @ self.leave[:, place] + self.odds[place]
        return np.asarray(20 * np.tanh(says / 20) + self.logs[place])


@dataclass(frozen=True)
class Schedule:
    """When what is told of each column.

    Attributes:
        times: of each column before each step, from 1 falling, shape (steps, d); an ordered one is told at the steps after
            which its time is less.
        last: the step at which a column is certain, shape (d,).
    """

    times: NDArray[np.float64]
    last: Index

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.times)


class Walk:
    """Rows on their way: what is told of each column, and what the network makes of it.

    Args:
        network: what was learnt.
        n: how many rows.
    """

    def __init__(self, network: Network, n: int) -> None:
        self.network, channels = network, network.channels
        self.open = dict.fromkeys(range(channels.d))  # columns that are not certain, in order
        self.entered = np.repeat((network.bias + network.level.sum(axis=0))[None], n, axis=0)
        self.tilt = {int(j): np.zeros(n, dtype=np.float32) for j in np.flatnonzero(channels.ordered)}
        self.precision = dict.fromkeys(self.tilt, 0.0)
        self.brought: dict[int, Floats] = {}  # what the evidence of a column adds to what enters

    def settle(self, j: int, classes: Index) -> None:
        """A column is certain."""
        network = self.network
        del self.open[j]
        self.brought.pop(j, None)
        self.entered += network.enter[network.channels.starts[j] + classes]
        self.entered += network.certain[j] - network.level[j]

    def tell(self, j: int, classes: Index, precision: float, noise: Floats) -> None:
        """Tell scores of classes of an ordered column with so much more noise that they are of a precision in all."""
        more = max(precision - self.precision[j], 0.0)
        scores = self.network.channels.scores[self.network.channels.starts[j] + classes]
        self.tilt[j] += np.float32(more) * scores + np.float32(np.sqrt(more)) * noise
        self.precision[j] += more
        self.brought[j] = self._evidence_enters(j)

    def evidence(self, j: int) -> Floats:
        """Log-likelihood of a column's classes by what is told of it, shape (n, classes), apart from a constant of each row."""
        channels = self.network.channels
        scores = channels.scores[channels.of_column(j)]
        return np.asarray(self.tilt[j][:, None] * scores - np.float32(self.precision[j] / 2) * scores**2)

    def hidden(self, times: NDArray[np.float64]) -> Floats:
        """What the network makes of it, when it is so late for each ordered column."""
        entered = self.entered.copy()
        for j, brought in self.brought.items():
            entered += brought
            entered += np.float32(times[j] - 1) * self.network.level[j]
        return self.network.hidden(entered)

    def _evidence_enters(self, j: int) -> Floats:
        """What the evidence of an ordered column adds to what enters, shape (n, width)."""
        place = self.network.channels.of_column(j)
        law = self.evidence(j) + self.network.logs[place]
        law -= law.max(axis=1, keepdims=True)
        np.exp(law, out=law)
        law /= law.sum(axis=1, keepdims=True)
        return np.asarray(law @ self.network.enter[place])


def walk(walk: Walk, schedule: Schedule, choose: Choose, noise: Callable[[int, int], Floats]) -> dict[int, Index]:
    """Go all steps; the classes of columns that were not certain before.

    Args:
        walk: rows; columns that are given are settled.
        schedule: of the steps.
        choose: from a step, a column and the law of its classes to a class of each row.
        noise: standard normal numbers of a step and a column, shape (n,).
    """
    channels, out = walk.network.channels, {}
    for step, times in enumerate(schedule.times):
        later = schedule.times[min(step + 1, schedule.steps - 1)]
        due = [j for j in walk.open if schedule.last[j] == step or later[j] < times[j]]
        hidden = walk.hidden(times) if due else None
        for j in due:
            law = walk.network.law(j, hidden)
            out[j] = choose(step, j, law + walk.evidence(j) if walk.precision.get(j, 0.0) > 0 else law)
        for j in due:
            if schedule.last[j] == step:
                walk.settle(j, out[j])
            else:
                walk.tell(j, out[j], channels.precision(j, later[j]), noise(step, j))
    return out


def _scaled(values: Floats) -> Floats:
    return np.asarray(values / np.sqrt(np.mean(values**2, axis=1, keepdims=True) + np.float32(1e-5)))
