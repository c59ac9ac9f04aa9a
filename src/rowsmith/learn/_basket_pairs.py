"""Items of baskets by a law of pairs: the most even one with given shares of items and of pairs, in baskets of a given size.

A law of maximum entropy is log-linear in what is given (E. Jaynes, "Information Theory and Statistical Mechanics", 1957):
here the share of each item, by class of size; how often two items are together; how often an item is in baskets with a sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import ModelFileError
from rowsmith.core.rng import Key
from rowsmith.core.state import State

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Arrays = tuple[NDArray[Any], ...]

SWEEPS = 4
"""Times that each place of a new basket is drawn again."""
MOST_POWER = 3.0
LIMIT = 12.0
"""Greatest logarithm of a factor."""
BINS = 4
"""Signs of each item that it was bought before; see the kernel."""


class Signs(NamedTuple):
    """What is known of baskets besides their items.

    Attributes:
        begins: first sign of each basket, and the number of signs, shape (baskets + 1,).
        told: the signs, of the numbers from that of the items on.
        customers: of each basket, those of one stand together; -1 if what was bought before tells nothing, or is among
            the signs already, shape (baskets,).
    """

    begins: Ints
    told: Ints
    customers: Ints

    @classmethod
    def none(cls, n: int) -> Signs:
        """Of n baskets of which nothing is known."""
        return cls(np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.full(n, -1, dtype=np.int64))


@dataclass(frozen=True)
class Pairs:
    """A law of items in baskets of given sizes.

    Attributes:
        least: least size of each class, rising, shape (classes,).
        log_chance: logarithm of the chance of each item, by class, shape (classes, items).
        power: to which factors of two items are raised in baskets of each class, shape (classes,).
        signs: how many signs there are besides those of what was bought before.
        starts: where the partners of each item, and then of each sign, begin.
        partners: items, rising for each; a pair of items stands twice.
        log_factors: logarithm of the factor of each.
    """

    least: Ints
    log_chance: Floats
    power: Floats
    signs: int
    starts: Ints
    partners: Ints
    log_factors: Floats

    @property
    def size(self) -> int:
        """How many items there are."""
        return int(self.log_chance.shape[1])

    @cached_property
    def arrays(self) -> Arrays:
        """What the kernel draws from."""
        factors = factors_of(self.log_factors, self.power, int(self.starts[self.size]))
        return (*tables(self.log_chance), self.starts, self.partners, factors)

    def rest(self, head: int) -> Arrays:
        """The same without the first items, unless no others are left."""
        chance = self.log_chance.copy()
        chance[:, :head] = -np.inf
        return (*tables(chance), *self.arrays[3:])

    def draw(self, begins: Ints, signs: Signs, seeds: NDArray[np.uint64], key: Key) -> Ints:
        """Items of baskets, none twice in one; see `fill`. The key is not used: each basket has a seed.

        Returns:
            An item a place, shape (places,).
        """
        items = np.full(int(begins[-1]), -1, dtype=np.int64)
        self.fill(begins, items, np.zeros(len(begins) - 1, dtype=np.int64), signs, seeds)
        return items

    def fill(
        self,
        begins: Ints,
        items: Ints,
        known: Ints,
        signs: Signs,
        seeds: NDArray[np.uint64],
        arrays: Arrays | None = None,
    ) -> None:
        """Draw the items of places after those that are known, in place.

        Args:
            begins: first place of each basket, and the number of places, shape (baskets + 1,).
            items: of the places; -1 where there is none yet.
            known: how many places of each basket, its first ones, are known, shape (baskets,).
            signs: what else is known of the baskets.
            seeds: of each basket.
            arrays: what the kernel draws from, if not all items.
        """
        from rowsmith.learn import _basket_kernel

        classes = classes_of(np.diff(begins), self.least)
        told = (signs.begins, signs.told, signs.customers, self.size + self.signs)
        arrays = self.arrays if arrays is None else arrays
        _basket_kernel.draw(begins, items, known, *told, classes, seeds, 0, SWEEPS, *arrays)

    def state(self) -> State:
        """Its arrays."""
        return {
            "least": self.least,
            "log_chance": self.log_chance.astype(np.float32),
            "power": self.power,
            "signs": self.signs,
            "starts": self.starts,
            "partners": self.partners.astype(np.int32),
            "log_factors": self.log_factors.astype(np.float32),
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: an array points outside another, which compiled code would follow.
        """
        law = cls(
            least=state["least"].astype(np.int64),
            log_chance=state["log_chance"].astype(np.float64),
            power=state["power"].astype(np.float64),
            signs=int(state["signs"]),
            starts=state["starts"].astype(np.int64),
            partners=state["partners"].astype(np.int64),
            log_factors=state["log_factors"].astype(np.float64),
        )
        if not law._sound():
            raise ModelFileError("the model is damaged: the arrays of its items do not fit together.")
        return law

    def _sound(self) -> bool:
        chance, least, power, starts = self.log_chance, self.least, self.power, self.starts
        return bool(
            chance.ndim == 2
            and chance.shape[1] >= 1
            and least.shape == power.shape == chance.shape[:1]
            and len(least) >= 1
            and (np.diff(least) > 0).all()
            and np.isfinite(chance).all()
            and ((power >= 0) & (power <= MOST_POWER)).all()
            and self.signs >= 0
            and starts.shape in ((self.size + self.signs + 1,), (self.size * (BINS + 1) + self.signs + 1,))
            and starts[0] == 0
            and starts[-1] == len(self.partners) == len(self.log_factors)
            and (np.diff(starts) >= 0).all()
            and ((self.partners >= 0) & (self.partners < self.size)).all()
            and (np.abs(self.log_factors) <= LIMIT).all()
        )

    @property
    def remembers(self) -> bool:
        """Whether it hangs on what a customer bought before."""
        return len(self.starts) > self.size + self.signs + 1


def classes_of(sizes: Ints, least: Ints) -> Ints:
    """Class of each size."""
    return np.asarray(np.clip(np.searchsorted(least, sizes, side="right") - 1, 0, None), dtype=np.int64)


def tables(log_chance: Floats) -> Arrays:
    """Chances of the items, and the same as tables to draw from, by class."""
    from rowsmith.learn import _basket_kernel

    top = log_chance.max(axis=1, keepdims=True)
    chance = np.exp(log_chance - np.where(np.isfinite(top), top, 0.0))
    whole = chance.sum(axis=1, keepdims=True)
    chance = chance / np.where(whole > 0, whole, 1.0)
    accept, alias = np.empty_like(chance), np.empty(chance.shape, dtype=np.int64)
    _basket_kernel.tables(chance, accept, alias)
    return chance, accept, alias


def factors_of(log_factors: Floats, power: Floats, of_items: int) -> NDArray[np.float32]:
    """Factors by class, shape (classes, partners); those of items, which come first, raised to the power of the class."""
    out = np.empty((len(power), len(log_factors)), dtype=np.float32)
    out[:, :of_items] = np.exp(power[:, None] * log_factors[:of_items])
    out[:, of_items:] = np.exp(log_factors[of_items:])
    return out
