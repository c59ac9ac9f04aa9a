"""Columns that are chosen together, so that no combination of their values comes twice in a table, or under one parent.

Each column keeps its weights, and no choice is remembered: the combinations of a table stand in one random order, of which a
row takes the one of its own number. The order is that in which different combinations would be drawn one after another by
their weights (successive sampling; P. Efraimidis, P. Spirakis, "Weighted random sampling with a reservoir", 2006).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.choices import Choices
from rowsmith.core.errors import SpecError
from rowsmith.core.permutation import Numbers, permute
from rowsmith.core.rng import Key
from rowsmith.engine.plan import MakePlan
from rowsmith.samplers._levels import column_of
from rowsmith.samplers.reference import Reference
from rowsmith.spec.keys import unique_groups
from rowsmith.spec.model import Combination, TableSpec

if TYPE_CHECKING:
    from rowsmith.engine._batch import Batch

Floats = NDArray[np.float64]
LISTED = 2**24
"""Combinations that are put in order, one and all. Of more, those that come first are drawn."""
MOST_DRAWN = 2**25
"""Rows that so many combinations are drawn for."""
BLOCK = 2**20
TURNS = 60
"""Rounds of draws, before it is given up to come upon new combinations by chance."""
FEW = 8
"""Part of the combinations up to which the rows of one parent come upon different ones by chance."""
MOST = 2**62


@dataclass(frozen=True)
class Law:
    """The weights of several columns' values.

    Attributes:
        sizes: how many values each column has.
        weights: of each column, shape (values,); None where they are all the same.
    """

    sizes: tuple[int, ...]
    weights: tuple[Floats | None, ...]

    @classmethod
    def of(cls, plan: MakePlan, table: TableSpec, combination: Combination) -> Law:
        """That of a combination's columns; of one that points, the weights of the rows that are there."""
        names = combination.columns
        weights = tuple(None if _is_even(table, name) else _weights(plan, table, name) for name in names)
        return cls(_sizes(plan, table, combination), weights)

    @property
    def capacity(self) -> int:
        """How many combinations there are."""
        return math.prod(self.sizes)

    def order(self, n: int, key: Key) -> Numbers:
        """The combinations of the first n rows, by number, shape (n,).

        Raises:
            SpecError: the weights are so uneven that so many are hardly found.
        """
        rng = key.generator()
        return self._listed(n, rng) if self.capacity <= LISTED else self._drawn(n, rng)

    def siblings(self, parents: Numbers, places: Numbers, key: Key) -> Numbers:
        """The combinations of rows, different among those of one parent, shape (n,).

        Args:
            parents: number of each row's, from 0 and rising, shape (n,).
            places: of each row among its parent's, shape (n,).
            key: random stream.
        """
        most, rng = int(places.max(initial=-1)) + 1, key.generator()
        if most * FEW >= self.capacity:
            return self._sorted(parents, places, rng)
        out = self._tuples(len(parents), rng)
        for _ in range(TURNS):
            order = np.lexsort((places, out, parents))
            again = (np.diff(out[order]) == 0) & (np.diff(parents[order]) == 0)
            twice = order[1:][again]
            if not len(twice):
                return out
            out[twice] = self._tuples(len(twice), rng)
        again = np.isin(parents, parents[twice])  # with such weights, a row hardly gets the last ones by chance
        out[again] = self._sorted(parents[again], places[again], rng)
        return out

    def _sorted(self, parents: Numbers, places: Numbers, rng: np.random.Generator) -> Numbers:
        """All combinations in a random order for each parent, of which a row takes the one of its place."""
        out, logs = np.empty(len(parents), dtype=np.int64), self._logs(np.arange(self.capacity))
        found = np.unique(parents)
        each = max(1, BLOCK // max(self.capacity, 1))
        for some in np.split(found, range(each, len(found), each)):
            ranks = np.log(rng.standard_exponential((len(some), self.capacity))) - logs
            order = np.argsort(ranks, axis=1)
            rows = slice(*np.searchsorted(parents, [some[0], some[-1] + 1])) if len(some) else slice(0)
            out[rows] = order[np.searchsorted(some, parents[rows]), places[rows]]
        return out

    def _listed(self, n: int, rng: np.random.Generator) -> Numbers:
        chosen, ranks = np.empty(0, np.int64), np.empty(0)
        for first in range(0, self.capacity, BLOCK):
            numbers = np.arange(first, min(first + BLOCK, self.capacity))
            ranks = np.append(ranks, np.log(rng.standard_exponential(len(numbers))) - self._logs(numbers))
            chosen = np.append(chosen, numbers)
            if len(chosen) > n:
                kept = np.argsort(ranks)[:n]
                chosen, ranks = chosen[kept], ranks[kept]
        return np.asarray(chosen[np.argsort(ranks)])

    def _drawn(self, n: int, rng: np.random.Generator) -> Numbers:
        """Combinations drawn one after another, those that came before left out."""
        found = np.empty(0, np.int64)
        for _ in range(TURNS):
            # Always blocks of one size, so that what comes first does not hang on how many are wanted.
            blocks = [self._tuples(BLOCK, rng) for _ in range(2 * (n - len(found)) // BLOCK + 1)]
            both = np.concatenate([found, *blocks])
            found = both[np.sort(np.unique(both, return_index=True)[1])]
            if len(found) >= n:
                return np.asarray(found[:n])
        raise SpecError(f"the weights are so uneven that of {self.capacity:,} combinations, {n:,} are hardly found.")

    def _tuples(self, n: int, rng: np.random.Generator) -> Numbers:
        """Combinations drawn with replacement."""
        codes = []
        for size, weights in zip(self.sizes, self.weights, strict=True):
            if weights is None:
                codes.append(rng.integers(max(size, 1), size=n))
            else:
                ends = np.cumsum(weights)
                codes.append(np.searchsorted(ends, rng.random(n) * ends[-1], side="right").clip(max=size - 1))
        return np.asarray(np.ravel_multi_index(codes, self.sizes)) if n else np.empty(0, np.int64)

    def _logs(self, numbers: Numbers) -> Floats:
        """Logarithms of the weights of combinations."""
        out = np.zeros(len(numbers))
        for column, weights in enumerate(self.weights):
            if weights is not None:
                out += np.log(weights)[_codes(numbers, self.sizes, column)]
        return out


def values(batch: Batch, name: str) -> pa.Array | Numbers:
    """A column of some rows that is chosen with others: its values or, for one that points, the rows' numbers.

    Raises:
        SpecError: the combinations run out; the message names how many there are.
    """
    table, plan, task = batch.table, batch.family.plan, batch.family.task
    combination = table.combined[name]
    sizes, known = _sizes(plan, table, combination), (table.name, f"#{','.join(combination.columns)}")
    key = batch.family.key.child(*known)
    if combination.within:
        assert batch.parent is not None
        assert batch.place is not None
        _check(sizes, table, combination, int(batch.place.max(initial=-1)) + 1)
        law = Law.of(plan, table, combination)
        numbers = law.siblings(batch.parent, batch.place, key.child("chunk", batch.family.chunk.index))
    else:
        _check(sizes, table, combination, int(batch.numbers.max(initial=-1)) + 1)
        if not batch.n or all(_is_even(table, each) for each in combination.columns):
            numbers = permute(batch.numbers, max(math.prod(sizes), 1), key.integer())
        else:
            if known not in task.known:
                task.known[known] = pa.array(Law.of(plan, table, combination).order(plan.size(table.name), key))
            numbers = task.known[known].to_numpy()[batch.numbers]
    codes = _codes(numbers, sizes, combination.columns.index(name))
    if isinstance(table.columns[name].sampler, Reference):
        return codes
    return column_of(_choices(table, name).values, codes)


def check_combinations(plan: MakePlan) -> None:
    """Refuse more rows than there are combinations, before any is made.

    Raises:
        SpecError: with how many there are.
    """
    for table in plan.spec.tables.values():
        for combination in dict.fromkeys(table.combined.values()):
            if not combination.within:
                _check(_sizes(plan, table, combination), table, combination, plan.size(table.name))


def _check(sizes: tuple[int, ...], table: TableSpec, combination: Combination, n: int) -> None:
    """Refuse more rows, of the table or of one parent, than there are combinations."""
    capacity, even = math.prod(sizes), all(_is_even(table, name) for name in combination.columns)
    if n <= capacity <= MOST and (even or combination.within or n <= MOST_DRAWN):
        return
    group = next(g for g in unique_groups(table) if set(combination.columns).issubset(g.columns))
    each = ", ".join(f"{name}: {size:,}" for name, size in zip(combination.columns, sizes, strict=True))
    if n > capacity:
        whose = f"a parent has {n:,} rows" if combination.within else f"{n:,} rows are wanted"
        raise SpecError(
            f"{group}: {whose}, but there are no more than {capacity:,} "
            f"{'combinations' if len(combination.columns) > 1 else 'values'} ({each}). Make at most {capacity:,} rows"
            f"{' a parent' if combination.within else ''}, or give a column more values."
        )
    if capacity > MOST:
        raise SpecError(f"{group}: there are more than 2 ** 62 combinations ({each}); take a column out of it.")
    raise SpecError(
        f"{group}: {n:,} rows are too many to be chosen from {capacity:,} combinations of different weights ({each}); "
        f"make at most {MOST_DRAWN:,}, or leave the weights out."
    )


def _sizes(plan: MakePlan, table: TableSpec, combination: Combination) -> tuple[int, ...]:
    """How many values each column has."""
    samplers = {name: table.columns[name].sampler for name in combination.columns}
    return tuple(
        plan.size(sampler.table) if isinstance(sampler, Reference) else len(_choices(table, name).values)
        for name, sampler in samplers.items()
    )


def _is_even(table: TableSpec, name: str) -> bool:
    """Whether a column's values weigh the same."""
    sampler = table.columns[name].sampler
    if isinstance(sampler, Reference):
        return sampler.law == "uniform"
    weights = _choices(table, name).weights
    return bool((weights == weights[0]).all())


def _weights(plan: MakePlan, table: TableSpec, name: str) -> Floats:
    sampler = table.columns[name].sampler
    if isinstance(sampler, Reference):
        return sampler.weights(plan.size(sampler.table), Key(plan.seed).child(table.name, name))
    return _choices(table, name).weights


def _codes(numbers: Numbers, sizes: tuple[int, ...], column: int) -> Numbers:
    """The number of a column's value in combinations, shape (n,)."""
    return np.asarray(np.unravel_index(numbers, sizes)[column]) if len(numbers) else numbers


def _choices(table: TableSpec, name: str) -> Choices:
    found = table.columns[name].sampler.choices()
    assert found is not None, "the spec's check lets only such columns be combined"
    return found
