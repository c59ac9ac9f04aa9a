"""Which rows of a table are easy, ambiguous or hard to tell the class of, and which labels are likely wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.confident import UNSURE
from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.protocols import Progress, silent
from rowsmith.core.rng import Key
from rowsmith.evaluate._hard_groups import Group, hard_groups
from rowsmith.evaluate._labelled import Labelled
from rowsmith.evaluate._profiler import HARD, PROFILERS, SEGMENTS, Evidence, Profiler
from rowsmith.evaluate._stats import Floats

PREFIX = "profile_"
MISLABELLED = "mislabelled"
CHOICES = (*SEGMENTS, MISLABELLED)
"""What rows may be chosen by."""
SHOWN_SWAPS = 8


@dataclass(frozen=True)
class ClassShares:
    """One class.

    Attributes:
        name: what it is called.
        rows: how many say so.
        segments: share of each segment among them, in the order of `SEGMENTS`.
        mislabelled: share of them whose label is likely wrong.
    """

    name: str
    rows: int
    segments: tuple[float, ...]
    mislabelled: float


@dataclass(frozen=True)
class Swap:
    """A class that is likely taken for another.

    Attributes:
        label: what rows say.
        likely: what they are likely of.
        rows: how many.
    """

    label: str
    likely: str
    rows: int


@dataclass(frozen=True)
class RowProfile:
    """A table's rows by how hard their class is to tell, as plain data.

    Attributes:
        target: the column of classes.
        method: name of the profiler.
        settings: of the profiler.
        measures: what `uncertainty` is, in a few words.
        skill: how well a model tells the classes apart in rows that it never saw: mean AUC of one class against the rest.
        segment: "easy", "ambiguous", "hard" of each row, or "" where it was not profiled, shape (n,).
        confidence: how likely each row's label is by the model, from 0 to 1; NaN where not profiled, shape (n,).
        uncertainty: how uncertain it is; NaN where not profiled, shape (n,).
        mislabelled: whether each label is likely wrong, by confident learning, shape (n,).
        likely: the class that such a row is likely of, "" in all others, shape (n,).
        classes: shares of each class.
        groups: in which hard rows are over-represented beyond chance, the worst first.
        swaps: classes that are likely taken for others, the most frequent first.
        notes: what was left out.
    """

    target: str
    method: str
    settings: dict[str, Any]
    measures: str
    skill: float
    segment: NDArray[np.str_]
    confidence: Floats
    uncertainty: Floats
    mislabelled: NDArray[np.bool_]
    likely: NDArray[np.str_]
    classes: tuple[ClassShares, ...]
    groups: tuple[Group, ...]
    swaps: tuple[Swap, ...]
    notes: tuple[str, ...]

    @property
    def profiled(self) -> int:
        """Rows that were profiled."""
        return int((self.segment != "").sum())

    def share(self, segment: str) -> float:
        """Share of a segment among the profiled rows."""
        return float((self.segment == segment).sum() / self.profiled)

    @property
    def shares(self) -> dict[str, float]:
        """Share of each segment among the profiled rows."""
        return {segment: self.share(segment) for segment in SEGMENTS}

    def of(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Which rows are of some segments, or likely "mislabelled", shape (n,).

        Raises:
            SpecError: no such segment.
        """
        check_choices(names)
        out = np.zeros(len(self.segment), dtype=bool)
        for name in names:
            out |= self.mislabelled if name == MISLABELLED else self.segment == name
        return out

    def columns(self) -> dict[str, pa.Array]:
        """What is said of each row, as columns to stand beside those of the table; null where it was not profiled."""
        left = self.segment == ""
        found: dict[str, tuple[Any, pa.DataType, Any]] = {
            "segment": (self.segment, pa.string(), left),
            "confidence": (self.confidence, pa.float64(), left),
            "uncertainty": (self.uncertainty, pa.float64(), left),
            "mislabelled": (self.mislabelled, pa.bool_(), left),
            "likely": (self.likely, pa.string(), self.likely == ""),
        }
        return {PREFIX + name: pa.array(values, kind, mask=mask) for name, (values, kind, mask) in found.items()}


def check_choices(names: Iterable[str]) -> None:
    """See whether rows can be chosen by names.

    Raises:
        SpecError: one is no segment.
    """
    for name in names:
        if name not in CHOICES:
            raise SpecError(f"{name!r} is not a segment of a profile{suggest(name, CHOICES)}")


def profile_rows(
    table: pa.Table,
    target: str,
    *,
    profiler: Profiler,
    bins: int | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> RowProfile:
    """Profile the rows of a table.

    Args:
        table: the rows.
        target: the column whose classes a model tells apart.
        profiler: how.
        bins: classes of equal size that a number or time is cut into.
        seed: of the folds.
        workers: threads; the result does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: there are too few rows, a single class, or the table is a profile itself.
        SpecError: an unknown target, or one that is no class.
    """
    taken = [name for name in table.column_names if name.startswith(PREFIX)]
    if taken:
        raise DataError(f"column {taken[0]!r}: the table is a profile itself; leave out its columns {PREFIX}….")
    rows = Labelled.of(table, target, bins)
    evidence = Evidence(rows, Key(seed).child("profile"), workers)
    progress("profiling", 0, 2)
    hardness = profiler.profile(evidence)
    progress("profiling", 1, 2)
    likely = evidence.likely
    progress("profiling", 2, 2)
    n, names = table.num_rows, np.array(rows.classes)
    hard, wrong = hardness.segment == HARD, likely != UNSURE
    return RowProfile(
        target=target,
        method=PROFILERS.name_of(type(profiler)),
        settings=dict(vars(profiler)),
        measures=profiler.measures,
        skill=evidence.skill,
        segment=_spread(np.array(SEGMENTS)[hardness.segment], rows, n, ""),
        confidence=_spread(hardness.confidence, rows, n, np.nan),
        uncertainty=_spread(hardness.uncertainty, rows, n, np.nan),
        mislabelled=_spread(wrong, rows, n, False),
        likely=_spread(np.where(wrong, names[likely], ""), rows, n, ""),
        classes=tuple(_class(name, rows.labels == k, hardness.segment, wrong) for k, name in enumerate(rows.classes)),
        groups=hard_groups(rows.features, rows.columns, hard),
        swaps=_swaps(rows, likely),
        notes=rows.notes,
    )


def _spread(values: NDArray[Any], rows: Labelled, n: int, otherwise: Any) -> NDArray[Any]:
    """Values of the profiled rows among those of all rows."""
    out = np.full(n, otherwise, dtype=values.dtype)
    out[rows.places] = values
    return out


def _class(name: str, own: NDArray[np.bool_], segment: NDArray[np.int64], wrong: NDArray[np.bool_]) -> ClassShares:
    parts = np.bincount(segment[own], minlength=len(SEGMENTS)) / own.sum()
    return ClassShares(name, int(own.sum()), tuple(parts.tolist()), float(wrong[own].mean()))


def _swaps(rows: Labelled, likely: NDArray[np.int64]) -> tuple[Swap, ...]:
    wrong = likely != UNSURE
    pairs, counts = np.unique(np.stack([rows.labels[wrong], likely[wrong]]), axis=1, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:SHOWN_SWAPS]
    return tuple(
        Swap(rows.classes[int(a)], rows.classes[int(b)], int(c))
        for (a, b), c in zip(pairs.T[order], counts[order], strict=True)
    )
