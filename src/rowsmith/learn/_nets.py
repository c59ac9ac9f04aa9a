"""What the neural learners share apart from their training: the extra, codes as classes of a network, weights.

Nothing here needs JAX. A network is trained by JAX, but what it knows is a few arrays, and rows are drawn from these with
NumPy: so a model can be sampled where the extra is missing, and gives the same rows wherever it was trained.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rowsmith.core.errors import ModelFileError, SpecError
from rowsmith.core.protocols import CodeArray, Codes, Known
from rowsmith.core.rng import Key
from rowsmith.core.state import State

Floats = NDArray[np.float32]
Index = NDArray[np.int64]
Weights = Mapping[str, NDArray[Any]]
"""Arrays of a network by name, as `_nets_train.flat` gives them."""

CLASSES = 256
"""Most classes of a column. Of more codes, those that are rare or near each other share a class."""
BLOCK = 1024
"""Rows that a network draws at a time."""
GRID = 2.0**-16
"""Numbers of a network are multiples of this where rows are drawn."""
_ROUNDS, _FARTHEST = 6, 2.0
"""Rounds in which logits are moved until rows have the right shares on average, and how far they may be moved."""
UNSEEN = 1e-9
"""Rows as which a code that no row has counts: it is drawn only where what is known of a row asks for it."""


def need(learner: str) -> None:
    """Refuse a learner whose libraries are not installed.

    Raises:
        SpecError: with the command that installs them.
    """
    try:
        for module in ("jax", "equinox", "optax"):
            importlib.import_module(module)
    except ImportError:
        raise SpecError(
            f"learner={learner!r}: needs JAX, Equinox and Optax, which are not installed; pip install 'rowsmith[nets]'."
        ) from None


@dataclass(frozen=True)
class Alphabet:
    """A column's codes as classes of a network.

    Attributes:
        ordered: whether neighbouring classes are neighbouring values.
        counts: rows of each code, shape (codes,).
        classes: class of each code, shape (codes,); the code itself, where there are at most `CLASSES`.
    """

    ordered: bool
    counts: NDArray[np.float64]
    classes: Index

    @classmethod
    def of(cls, column: Codes) -> Self:
        """Of a column. Classes of more codes than `CLASSES`: runs of equal shares of an ordered one, else the rarest together.

        >>> many = Codes(np.arange(1000, dtype=np.uint16), 1000, ordered=True)
        >>> Alphabet.of(many).size
        256
        """
        counts = np.bincount(column.values, minlength=column.size).astype(np.float64) + UNSEEN
        classes = np.arange(column.size)
        if column.size > CLASSES and column.ordered:
            middle = (np.cumsum(counts) - counts / 2) / counts.sum()
            classes = np.unique((middle * CLASSES).astype(np.int64), return_inverse=True)[1]
        elif column.size > CLASSES:
            rank = np.empty(column.size, dtype=np.int64)
            rank[np.argsort(-counts, kind="stable")] = np.arange(column.size)
            classes = np.minimum(rank, CLASSES - 1)
        return cls(column.ordered, counts, classes)

    @property
    def size(self) -> int:
        """How many classes."""
        return int(self.classes.max()) + 1

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each class in the learnt rows, shape (classes,), above 0."""
        each = np.bincount(self.classes, weights=self.counts)
        return np.asarray(each / each.sum())

    @property
    def within(self) -> NDArray[np.float64]:
        """Share of each code in its class, shape (codes,)."""
        return np.asarray(self.counts / np.bincount(self.classes, weights=self.counts)[self.classes])


@dataclass(frozen=True)
class Coding:
    """A table's codes as classes, of the columns that have more than one.

    Attributes:
        n_columns: of the table.
        places: positions in the table of the columns that a network sees, d of them.
        alphabets: theirs.
    """

    n_columns: int
    places: tuple[int, ...]
    alphabets: tuple[Alphabet, ...]

    @classmethod
    def of(cls, columns: Sequence[Codes]) -> Self:
        """Of the columns that are to be learnt."""
        places = tuple(i for i, column in enumerate(columns) if column.size > 1)
        return cls(len(columns), places, tuple(Alphabet.of(columns[i]) for i in places))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Classes of each column."""
        return tuple(each.size for each in self.alphabets)

    def encode(self, columns: Sequence[Codes]) -> NDArray[np.int32]:
        """Classes of the rows, shape (rows, d)."""
        n = len(columns[0].values) if columns else 0
        out = np.empty((n, len(self.places)), dtype=np.int32)
        for j, (i, alphabet) in enumerate(zip(self.places, self.alphabets, strict=True)):
            out[:, j] = alphabet.classes[columns[i].values]
        return out

    def known(self, given: Mapping[int, Known] | None) -> dict[int, Evidence]:
        """What is known of columns, by their place in the network."""
        return {
            j: Evidence.of(given[i], a)
            for j, (i, a) in enumerate(zip(self.places, self.alphabets, strict=True))
            if given and i in given
        }

    def decode(self, classes: NDArray[np.int64], key: Key, known: Mapping[int, Evidence]) -> list[CodeArray]:
        """Codes of all columns of the table from classes, shape (n, d); of several codes of a class, by their shares.

        Args:
            classes: drawn; where something is known of a column, they are of it.
            key: random stream of these rows.
            known: by place in the network.
        """
        n = len(classes)
        out = [np.zeros(n, dtype=np.uint16) for _ in range(self.n_columns)]
        for j, (i, alphabet) in enumerate(zip(self.places, self.alphabets, strict=True)):
            evidence = known.get(j)
            if evidence is not None and evidence.codes is not None:
                out[i] = evidence.codes
            elif alphabet.size == len(alphabet.classes):
                out[i] = classes[:, j].astype(np.uint16)
            else:
                places = key.child("within", i).generator().random(n)
                out[i] = _within(alphabet, classes[:, j], places, evidence)
        return out

    def state(self) -> State:
        """Counts and classes."""
        each = [{"ordered": a.ordered, "counts": a.counts, "classes": a.classes} for a in self.alphabets]
        return {"n_columns": self.n_columns, "places": list(self.places), "alphabets": each}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`.

        Raises:
            ModelFileError: its parts do not fit together.
        """
        n, places = int(state["n_columns"]), tuple(int(i) for i in state["places"])
        alphabets = tuple(
            Alphabet(bool(s["ordered"]), s["counts"].astype(np.float64), s["classes"].astype(np.int64))
            for s in state["alphabets"]
        )
        whole = (
            len(places) == len(alphabets) and list(places) == sorted(set(places)) and all(0 <= i < n for i in places)
        )
        for each in alphabets:
            whole &= each.counts.ndim == 1 and each.counts.shape == each.classes.shape and 1 < len(each.counts) <= 65536
            whole &= bool((each.counts > 0).all() and np.isfinite(each.counts).all())
            whole &= bool((np.unique(each.classes) == np.arange(each.classes.max(initial=0) + 1)).all())
        if not whole:
            raise ModelFileError("the codes of the network's columns are damaged.")
        return cls(n, places, alphabets)


@dataclass(frozen=True)
class Evidence:
    """What is known of a column in rows, for a network.

    Attributes:
        codes: the code of each row, shape (n,), where each is given; else None.
        group: of each row, shape (n,).
        groups: of each code, shape (codes,).
        shares: of each group and class, how much of the class is of the group, shape (groups, classes); of none, where the
            codes are given.
        classes: of each row's code, where it is given; else None.
    """

    codes: CodeArray | None
    classes: Index | None
    group: Index
    groups: Index
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, known: Known, alphabet: Alphabet) -> Self:
        """What is known of a column of these codes."""
        groups, group = known.groups.astype(np.int64), known.values.astype(np.int64)
        code_of = np.full(int(groups.max()) + 1, -1)
        code_of[groups] = np.arange(len(groups))
        if len(np.unique(groups)) == len(groups):  # each group is a single code
            codes = code_of[group].astype(np.uint16)
            return cls(codes, alphabet.classes[codes], group, groups, np.empty((0, alphabet.size)))
        shares = np.zeros((len(code_of), alphabet.size))
        np.add.at(shares, (groups, alphabet.classes), alphabet.within)
        return cls(None, None, group, groups, shares)

    def part(self, rows: slice | Index) -> Evidence:
        """The same for some of the rows."""
        codes, classes = (None if a is None else a[rows] for a in (self.codes, self.classes))
        return Evidence(codes, classes, self.group[rows], self.groups, self.shares)  # type: ignore[arg-type]


def _within(alphabet: Alphabet, classes: Index, places: NDArray[np.float64], known: Evidence | None) -> CodeArray:
    """A code of each row's class (and group, where one is known) at a place from 0 to 1 of its codes' shares."""
    group = np.zeros(len(alphabet.classes), dtype=np.int64) if known is None else known.groups
    mine = np.zeros(len(classes), dtype=np.int64) if known is None else known.group
    cell, wanted = group * alphabet.size + alphabet.classes, mine * alphabet.size + classes
    order = np.argsort(cell, kind="stable")
    ends = np.cumsum(alphabet.counts[order])
    begin, end = (np.searchsorted(cell[order], wanted, side=side) for side in ("left", "right"))
    low = np.where(begin > 0, ends[begin - 1], 0.0)
    at = np.searchsorted(ends, low + places * (ends[end - 1] - low), side="right")
    return order[np.clip(at, begin, end - 1)].astype(np.uint16)


def snapped(array: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers rounded to multiples of `GRID`.

    A product of two such numbers is a multiple of `GRID` squared, and so is any sum of them: in double precision all of these
    are exact as long as they are below 2**21. So what a network says of a row is the same, bit for bit, on any machine, for
    any number of threads and of rows beside it.

    >>> snapped(np.array([0.1])).tolist()
    [0.100006103515625]
    """
    return np.asarray(np.rint(array.astype(np.float64) * (1 / GRID)) * GRID)


def pick(logits: NDArray[Any], places: NDArray[Any], shares: NDArray[Any] | None = None) -> Index:
    """A class of each row at a place from 0 to 1 of its law.

    Args:
        logits: shape (n, classes).
        places: shape (n,).
        shares: of each class, how much may come, shape (n, classes); all of each if left out.

    >>> pick(np.log(np.array([[0.2, 0.8], [0.2, 0.8]])), np.array([0.1, 0.3])).tolist()
    [0, 1]
    """
    law = _law(logits)
    if shares is not None:  # what may come is drawn even where the network thinks it next to impossible
        law = (law + 2.0**-10) * shares
    ends = np.cumsum(law, axis=1)
    found = (ends <= (places * ends[:, -1])[:, None]).sum(axis=1)
    last = logits.shape[1] - 1 - (law[:, ::-1] > 0).argmax(axis=1)  # rounding must not lead past it
    return np.asarray(np.minimum(found, last))


def mass(logits: NDArray[Any], shares: NDArray[Any]) -> NDArray[np.float64]:
    """How likely it is that a row is of what may come, shape (n,), above 0; the arguments are those of `pick`."""
    law = _law(logits) + 2.0**-10
    return np.asarray((law * shares).sum(axis=1) / law.sum(axis=1))


def chances(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Of each class in each row, shape (n, classes)."""
    law = _law(logits)
    return np.asarray(law / law.sum(axis=1, keepdims=True))


def _law(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Of each row, the classes' chances times a number, as whole numbers: an exponential may differ in its last bit elsewhere."""
    return np.asarray(np.rint(np.exp(logits - logits.max(axis=1, keepdims=True)) * 2.0**30))


def levelled(logits: NDArray[Any], shares: NDArray[Any]) -> Floats:
    """What is to be added to the logits of each class, so that the rows' mean law is the shares, shape (classes,).

    Args:
        logits: shape (n, classes).
        shares: of each class, above 0.

    >>> logits = np.log(np.array([[0.5, 0.5], [0.9, 0.1]]))
    >>> law = np.exp(logits + levelled(logits, np.array([0.4, 0.6])))
    >>> (law / law.sum(axis=1, keepdims=True)).mean(axis=0).round(2).tolist()
    [0.4, 0.6]
    """
    likely, add = np.exp(logits - logits.max(axis=1, keepdims=True)), np.zeros(len(shares))
    for _ in range(_ROUNDS):
        mean = np.exp(add) * ((1 / (likely @ np.exp(add))) @ likely) / len(logits)
        add = np.clip(add + np.log(shares / np.maximum(mean, 1e-9)), -_FARTHEST, _FARTHEST)
    return add.astype(np.float32)


def blocks(n: int, size: int = BLOCK) -> Iterator[slice]:
    """Rows from 0 to n, a block at a time, so that memory does not grow with n."""
    for first in range(0, n, size):
        yield slice(first, min(first + size, n))


def filled(array: NDArray[Any], size: int) -> NDArray[Any]:
    """An array of at most so many rows, the last repeated until they are so many."""
    return array if len(array) == size else array[np.minimum(np.arange(size), len(array) - 1)]


def padded_size(n: int, least: int) -> int:
    """The next power of 2, so that arrays come in a few sizes."""
    return max(least, 1 << (n - 1).bit_length())


def checked(weights: Any, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Floats]:
    """The arrays of a network out of a file.

    Args:
        weights: as they were read.
        shapes: of each array that there must be.

    Raises:
        ModelFileError: one is missing, has another shape, or holds what is no number.
    """
    if not isinstance(weights, dict) or set(weights) != set(shapes):
        raise ModelFileError("the network's weights are not those of this learner.")
    for name, shape in shapes.items():
        array = weights[name]
        if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype.kind != "f":
            raise ModelFileError(f"the network's weights {name!r} are not an array of shape {shape}.")
        if not np.isfinite(array).all():
            raise ModelFileError(f"the network's weights {name!r} hold what is no number.")
    return {name: weights[name].astype(np.float32) for name in shapes}
