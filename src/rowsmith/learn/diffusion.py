"""Diffusion: noise is taken off whole rows in a few steps, each column by a schedule of its own.

After TabDDPM (A. Kotelnikov et al., 2023) and TabDiff (J. Shi et al., 2025): Gaussian noise on ordered columns, masks on
the others. What is new is in `_diffusion`; the network is in `_diffusion_net`, the steps are in `_diffusion_schedule`, the
draw in `_diffusion_draw`.
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
from rowsmith.learn._diffusion import Channels
from rowsmith.learn._diffusion_draw import Network, calibrated, draw
from rowsmith.learn._diffusion_schedule import Schedule
from rowsmith.learn._nets import Coding, Floats, Weights, checked, need

FEWEST = 100
"""Fewer rows than these teach a network nothing."""
CALIBRATION = 8192
"""Rows by which the laws of the columns are put right."""


@dataclass(frozen=True)
class Denoised(FittedLearner):
    """A trained network and the steps in which rows are drawn.

    Attributes:
        coding: codes of the table as classes.
        network: what takes off the noise.
        schedule: the steps.
        added: to the log-odds of each class at each step, shape (steps, classes).
        curves: how training went.
    """

    coding: Coding
    network: Network
    schedule: Schedule
    added: Floats
    curves: Curves
    _patterns: dict[tuple[int, ...], Floats] = field(default_factory=dict, compare=False, repr=False)

    def draw(self, n: int, key: Key, given: Mapping[int, Known] | None = None) -> list[CodeArray]:
        """Codes of n rows. Columns that are given are without noise from the start, so the others follow the law given them.

        That is as near to their law as a draw without conditions. A group of codes that is given in one column is met by
        the network's law of this column; in several, by `PARTICLES` candidates of each row (importance resampling).
        """
        from threadpoolctl import threadpool_limits

        known = self.coding.known(given)
        with threadpool_limits(1, user_api="blas"):  # the last bit of a product hangs on how many threads there are
            classes = draw(self.network, self.schedule, self._added(tuple(sorted(known))), n, key, known)
        return self.coding.decode(classes, key.child("codes"), known)

    def _added(self, given: tuple[int, ...]) -> Floats:
        """What is added where some columns are given: put right on rows of our own, of which these columns are given."""
        if not given or not self.network.layers:
            return self.added
        if given not in self._patterns:
            key = Key(0).child("given", *given)  # the same for all draws
            rows = draw(self.network, self.schedule, self.added, CALIBRATION, key.child("rows"), {})
            known = {j: rows[:, j] for j in given}
            self._patterns[given] = calibrated(self.network, self.schedule, CALIBRATION, key.child("walk"), known)
        return self._patterns[given]

    def state(self) -> State:
        """Arrays of the network, and the steps."""
        network = self.network
        layers = {
            f"layers.{i}.{name}": array
            for i, layer in enumerate(network.layers)
            for name, array in zip(("inner", "bias", "outer"), layer, strict=True)
        }
        rest = {name: getattr(network, name) for name in ("enter", "level", "certain", "bias", "leave", "odds")}
        return {
            "coding": self.coding.state(),
            "weights": rest | layers | {"added": self.added},
            "precisions": network.channels.precisions,
            "times": self.schedule.times,
            "last": self.schedule.last,
            "curves": self.curves.to_dict(),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: its parts do not fit together.
        """
        coding = Coding.from_state(state["coding"])
        channels = Channels.of(coding.alphabets, state["precisions"])
        times, last = state["times"].astype(np.float64), state["last"].astype(np.int64)
        right = times.ndim == 2 and len(times) > 0 and times.shape[1:] == last.shape == (channels.d,)
        if not right or not (times >= 0).all() or not (times <= 1).all() or not np.isin(last, range(len(times))).all():
            raise ModelFileError("the steps in which the network draws are damaged.")
        width, depth = len(state["weights"]["bias"]), len(state["weights"]) // 3 - 2
        shapes = _shapes(channels, width, depth) | {"added": (len(times), len(channels.shares))}
        weights = checked(state["weights"], shapes)
        curves = Curves.from_dict(state["curves"])
        return cls(coding, _network(channels, weights), Schedule(times, last), weights["added"], curves)


def _shapes(channels: Channels, width: int, depth: int) -> dict[str, tuple[int, ...]]:
    """Shapes of the network's arrays."""
    d, c = channels.d, len(channels.shares)
    first = {"enter": (c, width), "level": (d, width), "certain": (d, width), "bias": (width,)}
    layer = {"inner": (width, width), "bias": (width,), "outer": (width, width)}
    layers = {f"layers.{i}.{name}": shape for i in range(depth) for name, shape in layer.items()}
    return first | layers | {"leave": (width, c), "odds": (c,)}


def _network(channels: Channels, weights: Weights) -> Network:
    """The network of arrays by name."""
    depth = sum(name.endswith(".outer") for name in weights)
    layers = tuple(
        (weights[f"layers.{i}.inner"], weights[f"layers.{i}.bias"], weights[f"layers.{i}.outer"]) for i in range(depth)
    )
    rest = {name: weights[name] for name in ("enter", "level", "certain", "bias", "leave", "odds")}
    return Network(channels=channels, layers=layers, **rest)


@dataclass(frozen=True, kw_only=True)
class Diffusion(Learner):
    """A network that takes noise off whole rows: close to the real rows, and conditions on any columns.

    The mean law of every column is put right after training, so that margins are kept closely. Of fewer than 100 rows no
    network is trained, and columns are drawn each on its own.

    >>> import numpy as np
    >>> from rowsmith.core.protocols import Codes
    >>> from rowsmith.core.rng import Key
    >>> coin = Codes(np.array([0, 1, 1, 0] * 100, dtype=np.uint16), size=2, ordered=False)
    >>> first, second = Diffusion().fit([coin, coin], key=Key(7)).draw(1000, Key(7))
    >>> bool((first == second).mean() > 0.9)
    True
    """

    steps: int = 9
    """Steps in which rows are drawn at most: more are slower, and lose less of what columns tell of each other."""
    width: int = 192
    """Units of a layer of the network."""
    depth: int = 2
    """Residual blocks of the network, of two layers each."""
    training: int = 2000
    """Steps of training at most."""
    epochs: float = 16.0
    """Passes over the rows at most; whichever is less counts."""
    batch: int = 512
    """Rows of a step of training at most; fewer of a small table."""
    rate: float = 0.001
    """Of learning, at its highest."""
    patience: float = 0.3
    """Part of the training that may pass without gain on rows held out before it ends."""
    checkpoints: str = field(default="", metadata={"kept": False})
    """Folder where the state of training is kept until it ends, so that a fit that was cut short goes on; none if empty."""

    fitted = Denoised

    def __post_init__(self) -> None:
        ranges = {
            "steps": (1, 1000), "width": (2, 4096), "depth": (1, 64), "training": (1, 10**8), "epochs": (0, 10**6),
            "batch": (1, 10**5), "rate": (0, 1), "patience": (0, 1),
        }  # fmt: skip
        check_ranges(self, ranges)

    def fit(
        self, columns: Sequence[Codes], *, key: Key, given: int = 0, workers: int = 1, progress: Progress = silent
    ) -> Denoised:
        """Train the network, then put the laws of the columns right.

        Raises:
            SpecError: JAX, Equinox or Optax is not installed; or checkpoints cannot be written.
        """
        need("diffusion")
        coding = Coding.of(columns)
        channels, rows = Channels.of(coding.alphabets), coding.encode(columns)
        if len(rows) < FEWEST or channels.d < 2:
            progress("training", 0, 0)
            weights = {name: np.zeros(shape, np.float32) for name, shape in _shapes(channels, 1, 0).items()}
            added = np.zeros((1, len(channels.shares)), np.float32)
            curves = Curves((), {}, 0, False)
            return Denoised(coding, _network(channels, weights), Schedule.at_once(channels.d), added, curves)
        from rowsmith.learn import _diffusion_net
        from rowsmith.learn._nets_train import Budget, Descent, train

        module, fixed = _diffusion_net.begin(channels, self.width, self.depth, key.child("weights"))
        method = Descent(_diffusion_net.loss, rate=self.rate, decay=1e-4, average=0.995, judged=_diffusion_net.judged)
        budget = Budget.of(self, self.training)
        rows = np.pad(rows, ((0, 0), (0, len(fixed["real"]) - channels.d)))
        arrays, curves = train(method, module, rows, fixed, budget, key.child("training"), progress)
        network = _network(channels, _trimmed(_diffusion_net.folded(arrays, fixed), channels))
        schedule = Schedule.learnt([columns[i] for i in coding.places], self.steps)
        added = calibrated(network, schedule, CALIBRATION, key.child("calibration"), {})
        return Denoised(coding, network, schedule, added, curves)


def _trimmed(arrays: Weights, channels: Channels) -> dict[str, NDArray[np.float32]]:
    """Arrays of the network without padding, ready for the draw."""
    shapes = _shapes(channels, len(arrays["bias"]), sum(name.endswith(".outer") for name in arrays))
    out = {
        name: np.array(arrays[name][tuple(slice(k) for k in shape)], dtype=np.float32, order="C")
        for name, shape in shapes.items()
    }
    for j in range(channels.d):
        place = channels.of_column(j)
        out["enter"][place] -= channels.shares[place] @ out["enter"][place]
    return out
