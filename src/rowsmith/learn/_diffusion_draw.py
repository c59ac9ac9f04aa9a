"""Drawing rows of a diffusion model in a few steps, with NumPy.

A step asks the network once for all rows. From what it says of an ordered column a class is drawn, and its score told with
as much noise as the schedule says; when it is told for the last time, the class is certain, as a class without order is
when it is drawn. So a step's draw follows the network's law of every single column, and only what columns that are drawn in one
step tell of each other beyond what was told before is lost.

Columns that are given are certain from the start. Of a column of which only a group of classes is given, a class is drawn
within the group before the first step, given the columns that are certain: by the network's law of one column, exactly;
where groups of several columns are given, by particles that are weighed by how likely they make the later groups, and of which
one is taken (sampling-importance-resampling, D. Rubin, 1988).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.rng import Key
from rowsmith.learn._diffusion import BOUND, Channels
from rowsmith.learn._diffusion_schedule import Schedule
from rowsmith.learn._nets import BLOCK, Evidence, Floats, Index, blocks, filled, levelled, mass, pick

PARTICLES = 16
"""Particles of a row, where groups of several columns are given."""


@dataclass(frozen=True)
class Network:
    """What was learnt, as arrays: those of `_diffusion_net.Denoiser` without padding, for d columns of c classes in all.

    Attributes:
        channels: how noise hides the classes.
        enter: shape (c, width), less its mean over the rows, so that a column of which nothing is told adds nothing.
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

    def hidden(self, entered: Floats) -> Floats:
        """What leaves the blocks, from what entered them, shape (n, width)."""
        for inner, bias, outer in self.layers:
            inside: Floats = np.asarray(_scaled(entered) @ inner + bias, dtype=np.float32)
            inside /= 1 + np.exp(-inside)
            entered = np.asarray(entered + inside @ outer, dtype=np.float32)
        return _scaled(entered)

    def says(self, j: int, hidden: Floats) -> Floats:
        """How what is told of the others moves the log-likelihood of a column's classes, shape (n, classes)."""
        place = self.channels.of_column(j)
        says = hidden @ self.leave[:, place]
        says += self.odds[place]
        return np.asarray(np.clip(says, -BOUND, BOUND, out=says))


class Walk:
    """Rows on their way: what is told of each column, and what the network makes of it.

    Args:
        network: what was learnt.
        n: how many rows.
    """

    def __init__(self, network: Network, n: int) -> None:
        self.network, self.n = network, n
        self.open = set(range(network.channels.d))  # columns that are not certain
        self._entered = np.repeat((network.bias + network.level.sum(axis=0))[None], n, axis=0)
        self._tilt: dict[int, Floats] = {}
        self._precision: dict[int, float] = {}
        self._own: dict[
            int, Floats
        ] = {}  # log-likelihood of the classes of a column by their shares and its own evidence
        self._brings: dict[int, Floats] = {}  # what that adds to what enters the network

    def settle(self, j: int, classes: Index) -> None:
        """A column is certain."""
        network = self.network
        self.open.remove(j)
        self._brings.pop(j, None)
        self._entered += network.enter[network.channels.starts[j] + classes]
        self._entered += network.certain[j] - network.level[j]

    def tell(self, j: int, classes: Index, precision: float, noise: Floats) -> None:
        """Tell scores of classes of an ordered column with so much noise that all that was told is of a precision."""
        channels, place = self.network.channels, self.network.channels.of_column(j)
        before = self._precision.get(j, 0.0)
        more = max(precision - before, 0.0)
        told = np.float32(more) * channels.scores[place][classes] + np.float32(np.sqrt(more)) * noise
        tilt: Floats = self._tilt[j] + told if j in self._tilt else told
        self._tilt[j] = tilt
        self._precision[j] = before + more
        scores = channels.scores[place]
        own = tilt[:, None] * scores
        own += channels.logs[place] - np.float32((before + more) / 2) * scores**2
        self._own[j] = own
        likely = own - own.max(axis=1, keepdims=True)
        np.exp(likely, out=likely)
        brings = likely @ self.network.enter[place]
        brings /= likely.sum(axis=1, keepdims=True)
        self._brings[j] = np.asarray(brings, dtype=np.float32)

    def hidden(self, times: NDArray[np.float64]) -> Floats:
        """What the network makes of it, when it is so late for each ordered column."""
        entered = self._entered.copy()
        for j, brings in self._brings.items():
            entered += brings
            entered += np.float32(times[j] - 1) * self.network.level[j]
        return self.network.hidden(entered)

    def law(self, j: int, hidden: Floats) -> Floats:
        """Log-likelihood of a column's classes by all that is told, shape (n, classes), apart from a constant of each row."""
        law = self.network.says(j, hidden)
        law += self._own[j] if j in self._own else self.network.channels.logs[self.network.channels.of_column(j)]
        return law


class Telling(Protocol):
    """What is told of rows on their way."""

    def chosen(self, step: int, j: int, law: Floats) -> Index:
        """A class of each row, from the log-likelihood of the classes of a column."""
        ...

    def noise(self, n: int) -> Floats:
        """Standard normal numbers, shape (n,)."""
        ...


def go(walk: Walk, schedule: Schedule, telling: Telling) -> dict[int, Index]:
    """Go all steps; the classes of the columns that were not certain before, by column.

    Args:
        walk: rows of which the given columns are settled.
        schedule: of the steps.
        telling: what is told.
    """
    out: dict[int, Index] = {}
    for step, times in enumerate(schedule.times):
        due = [j for j in schedule.due(step) if j in walk.open]
        if not due:
            continue
        hidden = walk.hidden(times)
        for j in due:
            out[j] = telling.chosen(step, j, walk.law(j, hidden))
        for j in due:
            if schedule.last[j] == step:
                walk.settle(j, out[j])
            else:
                precision = walk.network.channels.precision(j, schedule.times[step + 1, j])
                walk.tell(j, out[j], precision, telling.noise(walk.n))
    return out


@dataclass(frozen=True)
class _Drawing:
    """Classes are drawn from the network's law, put right."""

    channels: Channels
    added: Floats
    rng: np.random.Generator

    def chosen(self, step: int, j: int, law: Floats) -> Index:
        law += self.added[step, self.channels.of_column(j)]
        return pick(law, self.rng.random(len(law), dtype=np.float32))

    def noise(self, n: int) -> Floats:
        return self.rng.standard_normal(n, dtype=np.float32)


@dataclass(frozen=True)
class _Calibrating(_Drawing):
    """The same, and the law is put right before."""

    def chosen(self, step: int, j: int, law: Floats) -> Index:
        place = self.channels.of_column(j)
        self.added[step, place] = levelled(law, self.channels.shares[place])
        return super().chosen(step, j, law)


def calibrated(network: Network, schedule: Schedule, n: int, key: Key, known: Mapping[int, Index]) -> Floats:
    """What is added to the log-odds of each class at each step, so that the mean law of n rows is the shares, shape (steps, c).

    Whatever was told before, the mean law of a column is its shares, if the network is right. Where it is a little wrong,
    later steps would hang on it, so the law is put right step by step on the way of rows that are drawn for it.

    Args:
        network: what was learnt.
        schedule: of the steps.
        n: how many rows.
        key: random stream of these rows.
        known: classes of columns that are certain from the start, with the shares and dependences of whole rows.
    """
    added = np.zeros((schedule.steps, len(network.channels.shares)), dtype=np.float32)
    walk = Walk(network, n)
    for j in sorted(known):
        walk.settle(j, known[j])
    go(walk, schedule, _Calibrating(network.channels, added, key.generator()))
    return added


def draw(network: Network, schedule: Schedule, added: Floats, n: int, key: Key, known: Mapping[int, Evidence]) -> Index:
    """Classes of n rows, shape (n, d).

    Args:
        network: what was learnt.
        schedule: of the steps.
        added: to the log-odds, as `calibrated` returns it.
        n: how many rows.
        key: random stream of these rows.
        known: what is known of columns.
    """
    channels = network.channels
    out = np.zeros((n, channels.d), dtype=np.int64)
    _given(network, out, key.child("given"), known)

    for rows in blocks(n):
        rng = key.child("block", rows.start // BLOCK).generator()
        walk = Walk(network, BLOCK)
        for j in sorted(known):
            walk.settle(j, filled(out[rows, j], BLOCK))
        for j, classes in go(walk, schedule, _Drawing(channels, added, rng)).items():
            out[rows, j] = classes[: rows.stop - rows.start]
    return out


def _given(network: Network, out: Index, key: Key, known: Mapping[int, Evidence]) -> None:
    """Put classes of columns that are known into rows, drawn where a group is known."""
    n = len(out)
    for j, each in known.items():
        if each.classes is not None:
            out[:, j] = each.classes
    grouped = sorted(j for j, each in known.items() if each.classes is None)
    particles = PARTICLES if len(grouped) > 1 else 1
    settled = [j for j in sorted(known) if j not in grouped]
    rows = np.repeat(np.arange(n), particles)
    drawn, weight = out[rows], np.zeros(n * particles)
    for number, j in enumerate(grouped):
        places = key.child("group", j).generator().random(n * particles, dtype=np.float32)
        for part in blocks(n * particles):
            walk, before = Walk(network, BLOCK), (*settled, *grouped[:number])
            for i in before:
                walk.settle(i, filled(drawn[part, i], BLOCK))
            law = walk.law(j, walk.hidden(np.ones(network.channels.d)))[: part.stop - part.start]
            if not before:  # of which the shares are the law
                law[:] = network.channels.logs[network.channels.of_column(j)]
            shares = known[j].shares[known[j].group[rows[part]]]
            weight[part] += np.log(mass(law, shares))
            drawn[part, j] = pick(law, places[part], shares)
    if particles > 1:
        picks = key.child("pick").generator().random(n)
        taken = np.arange(n) * particles + pick(weight.reshape(n, particles), picks)
        drawn = drawn[taken]
    if grouped:
        out[:, grouped] = drawn[:, grouped]


def _scaled(values: Floats) -> Floats:
    squares = np.einsum("ij,ij->i", values, values) / np.float32(values.shape[1])
    return np.asarray(values / np.sqrt(squares + np.float32(1e-5))[:, None])
