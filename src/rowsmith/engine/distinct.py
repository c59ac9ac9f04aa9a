"""Finds, before a learnt table is drawn, which of its rows would repeat a key and what takes their place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import SpecError
from rowsmith.core.matching import matched
from rowsmith.core.permutation import mix
from rowsmith.core.protocols import Progress, Rows, Sampler, silent
from rowsmith.core.rng import Key
from rowsmith.engine.executors import Workers
from rowsmith.engine.plan import Chunk, TablePlan
from rowsmith.learn._distinct import Distinct, Hashed, Index, Repair, Round, further
from rowsmith.learn._key_points import KeyPoints, Places, contains, where
from rowsmith.learn.table import TableModel

ROUNDS = 64
"""Further draws at most."""
LIKE = 4
"""Rows that are drawn for each that a like one is looked for; otherwise twice as many are drawn as wanted."""
LEAST_NEW = 0.02
"""Share of new keys among further rows below which free values are listed instead, where they can be."""
FEW = 2**19
"""Rows that are drawn in this process: others take longer to start."""
LEAST_DRAWN = 1024
"""Rows of a further draw at least, if the table has as many."""


@dataclass(frozen=True)
class _First:
    """The task of a worker: keys of a chunk's rows as they are drawn."""

    table: TableModel

    def __call__(self, chunk: Chunk) -> Hashed:
        return Hashed.of(self.table, self.table.sample(Rows(chunk.first_row, chunk.n_rows), chunk.key))


@dataclass(frozen=True)
class _Further:
    """The task of a worker: keys of a further draw for a chunk."""

    table: TableModel
    turn: int

    def __call__(self, piece: tuple[Chunk, int]) -> Hashed:
        chunk, size = piece
        return Hashed.of(self.table, further(self.table, size, chunk.key, self.turn))


@dataclass(frozen=True)
class _Wrong:
    """Rows of a chunk that lack a key of their own.

    Attributes:
        at: their places in the chunk, shape (n,).
        columns: a hash of each column of the keys that they had, shape (columns, n).
    """

    at: Index
    columns: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.at)

    def without(self, which: Index) -> _Wrong:
        """Those that are left."""
        return _Wrong(np.delete(self.at, which), np.delete(self.columns, which, axis=1))


def distinct(plan: TablePlan, table: TableModel, *, workers: int = 1, progress: Progress = silent) -> Sampler:
    """A sampler of the table's rows that repeats no key: the table itself, where that is so anyway.

    The table is drawn once before, to see which keys come twice; some 30 bytes a row are held meanwhile, little afterwards.

    Args:
        plan: of the table that is asked for.
        table: the learnt one.
        workers: how many processes; what is found does not depend on it.
        progress: told of how many rows the keys are known.

    Raises:
        SpecError: there are not so many keys, or not so many were found.
    """
    if not table.drawn_key or plan.n_rows == 0:
        return table
    points = KeyPoints.of(table)
    if points is not None:
        points.check(plan.n_rows)
    chunks = list(plan.chunks())
    hashed: list[Hashed] = []
    for found in Workers(workers).serve(len(chunks)).run(_First(table), chunks):
        hashed.append(found)
        progress("drawing keys", sum(len(h.keys) for h in hashed), plan.n_rows)
    seen, todo = _repeated(hashed, plan.key.child("kept"))
    del hashed
    rounds: dict[int, list[Round]] = {i: [] for i in todo}
    for turn in range(ROUNDS):
        if not todo:
            break
        kept = _kept(turn, len(table.schema.primary_key))
        sizes = {i: _size(len(w), chunks[i], plan, LIKE if kept else 2) for i, w in todo.items()}
        pieces = [(chunks[i], size) for i, size in sizes.items()]
        drawn = list(
            Workers(1 if sum(sizes.values()) < FEW else workers).serve(len(pieces)).run(_Further(table, turn), pieces)
        )
        fresh = _new(drawn, seen)
        taken = []
        for (i, wrong), more, new in zip(list(todo.items()), drawn, fresh, strict=True):
            which, chosen = _pairs(wrong.columns[kept], more.columns[kept][:, new])
            rounds[i].append(Round(sizes[i], wrong.at[which], np.flatnonzero(new)[chosen]))
            taken.append(more.keys[rounds[i][-1].chosen])
            todo[i] = wrong.without(which)
        seen = np.sort(np.concatenate([seen, *taken]))
        todo = {i: wrong for i, wrong in todo.items() if len(wrong)}
        if not kept and points is not None and sum(int(new.sum()) for new in fresh) < LEAST_NEW * sum(sizes.values()):
            break
    listed = _listed(plan, table, points, seen, todo)
    none = np.empty(0, np.int64), np.empty((0, 0), np.int64)
    return Distinct(table, {chunks[i].first_row: Repair(done, *listed.get(i, none)) for i, done in rounds.items()})


def _listed(
    plan: TablePlan,
    table: TableModel,
    points: KeyPoints | None,
    seen: NDArray[np.uint64],
    todo: Mapping[int, _Wrong],
) -> dict[int, tuple[Index, Places]]:
    """By chunk, rows that are left, and free values of the key for them."""
    left = sum(map(len, todo.values()))
    if left == 0:
        return {}
    if points is None:
        raise SpecError(
            f"{where(table)}: of {plan.n_rows:,} rows, {left:,} got no key of their own in {ROUNDS} draws: the learnt table "
            "has too few different ones. Ask for fewer rows, or learn the table without the key."
        )
    found = points.free(seen, left, plan.key.child("keys"))
    ends = np.cumsum([len(wrong) for wrong in todo.values()])
    parts = np.split(found, ends[:-1], axis=1)
    return {i: (wrong.at, part) for (i, wrong), part in zip(todo.items(), parts, strict=True)}


def _size(wanted: int, chunk: Chunk, plan: TablePlan, each: int) -> int:
    """Rows to draw for some of a chunk; no more than the chunk or the table has."""
    return min(max(each * wanted, LEAST_DRAWN), max(chunk.n_rows, LEAST_DRAWN), plan.n_rows)


def _kept(turn: int, columns: int) -> list[int]:
    """Columns of the key in which a replacement is like the row: all but one, each in turn; then one; then none."""
    if columns == 1 or turn >= 2 * columns:
        return []
    return [turn - columns] if turn >= columns else [c for c in range(columns) if c != turn]


def _pairs(old: NDArray[np.uint32], new: NDArray[np.uint32]) -> tuple[Index, Index]:
    """Rows beside others that are alike, each used once.

    Args:
        old: hashes of the columns in which they must be, shape (columns, n); without any, all are.
        new: the same of the others, shape (columns, m).
    """
    if not len(old):
        n = min(old.shape[1], new.shape[1])
        return np.arange(n), np.arange(n)
    strata = np.zeros(old.shape[1] + new.shape[1], dtype=np.uint64)
    for column in np.concatenate([old, new], axis=1):
        strata = mix(strata ^ column, 1)
    a, b = np.split(np.unique(strata, return_inverse=True)[1], [old.shape[1]])
    return matched(a, b)


def _repeated(hashed: Sequence[Hashed], key: Key) -> tuple[NDArray[np.uint64], dict[int, _Wrong]]:
    """Different keys in order, and by chunk the rows that have none, or one that another row keeps, by chance."""
    every, valid = np.concatenate([h.keys for h in hashed]), np.concatenate([h.valid for h in hashed])
    ordered = np.sort(every[valid])
    first = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
    wrong = ~valid
    if not first.all():
        twice = key.generator().permutation(np.flatnonzero(np.isin(every, ordered[~first]) & valid))
        wrong[twice] = True
        wrong[twice[np.unique(every[twice], return_index=True)[1]]] = False
    parts = np.split(wrong, np.cumsum([len(h.keys) for h in hashed])[:-1])
    todo = {
        i: _Wrong(np.flatnonzero(part), h.columns[:, part])
        for i, (part, h) in enumerate(zip(parts, hashed, strict=True))
    }
    return ordered[first], {i: found for i, found in todo.items() if len(found)}


def _new(drawn: Sequence[Hashed], seen: NDArray[np.uint64]) -> list[NDArray[np.bool_]]:
    """For each draw, which rows have a key that neither rows before nor other rows drawn have."""
    every, valid = np.concatenate([h.keys for h in drawn]), np.concatenate([h.valid for h in drawn])
    new = np.zeros(len(every), dtype=bool)
    new[np.unique(every, return_index=True)[1]] = True
    return np.split(new & valid & ~contains(seen, every), np.cumsum([len(h.keys) for h in drawn])[:-1])
