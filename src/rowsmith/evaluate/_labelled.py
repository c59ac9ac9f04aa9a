"""Rows with a label that a classifier can tell apart: which rows count, what their classes are called."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.evaluate._align import Columns, Feature, align
from rowsmith.evaluate._axis import moment, point
from rowsmith.evaluate._stats import Floats, Ints
from rowsmith.evaluate._trees import matrix
from rowsmith.evaluate._words import readable, rows

FEW_NUMBERS = 10
"""A number with at most so many distinct values counts as classes."""
MOST_CLASSES = 30
FEWEST = 50
"""Rows with a label."""
FEWEST_OF_CLASS = 10
"""Rows of a class; of rarer ones, a classifier of a part of the rows may see none."""
MOST_BINS = 20


@dataclass(frozen=True)
class Labelled:
    """Rows of a table that have a label.

    Attributes:
        places: of these rows in the table, shape (n,).
        labels: their classes by number, shape (n,).
        classes: what each class is called.
        features: the columns to tell classes by.
        columns: their values in these rows.
        x: the same as trees take them, shape (n, features).
        notes: what was left out.
    """

    places: Ints
    labels: Ints
    classes: tuple[str, ...]
    features: tuple[Feature, ...]
    columns: Columns
    x: Floats
    notes: tuple[str, ...]

    @classmethod
    def of(cls, table: pa.Table, target: str, bins: int | None = None) -> Labelled:
        """The rows of a table.

        Args:
            table: all of them.
            target: the column that holds the label.
            bins: classes of equal size that a number or time is cut into.

        Raises:
            DataError: there are too few rows, or a single class.
            SpecError: an unknown target, one that is no class, or a wrong number of bins.
        """
        _check(table, target, bins)
        aligned = align({"real": table, "synthetic": table.slice(0, 1)})  # one row: whatever comes second
        at = table.column_names.index(target)
        feature, values = aligned.features[at], aligned.tables["real"].arrays[at]
        classes, labels = _classes(feature, values, bins)
        counts = np.bincount(labels[labels >= 0], minlength=len(classes))
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_CLASSES])
        kept = kept[counts[kept] >= FEWEST_OF_CLASS]
        _enough(target, counts, kept)
        number = np.full(len(classes) + 1, -1)
        number[kept] = np.arange(len(kept))
        labels = number[labels]  # of no class is -1, the last place
        places = np.flatnonzero(labels >= 0)
        told = [i for i, f in enumerate(aligned.features) if i != at and not f.identifier]
        if not told:
            raise DataError(f"target={target!r}: there is no other column to tell its classes by.")
        features = tuple(aligned.features[i] for i in told)
        columns = aligned.tables["real"].pick(told).take(places)
        return cls(
            places=places,
            labels=labels[places],
            classes=tuple(classes[k] for k in kept),
            features=features,
            columns=columns,
            x=matrix(features, columns),
            notes=tuple(_notes(target, table.num_rows, counts, kept)),
        )


def _check(table: pa.Table, target: str, bins: int | None) -> None:
    if target not in table.column_names:
        raise SpecError(f"target={target!r}: the table has no such column{suggest(target, table.column_names)}")
    if table.num_rows == 0:
        raise DataError("the table has no rows; there is nothing to profile.")
    if bins is not None and (isinstance(bins, bool) or not isinstance(bins, int) or not 2 <= bins <= MOST_BINS):
        raise SpecError(f"bins={bins!r}: expected a whole number of classes from 2 to {MOST_BINS}.")


def _classes(feature: Feature, values: NDArray[Any], bins: int | None) -> tuple[list[str], Ints]:
    """What classes are called, and the class of each row, -1 for none."""
    if feature.identifier:
        raise SpecError(
            f"target={feature.name!r}: {feature.identifier}, so it names rows; expected a column of a few classes."
        )
    if feature.kind == "category":
        if bins is not None:
            raise SpecError(f"bins={bins}: the target {feature.name!r} has classes already; leave bins out.")
        return [readable(level, 40) for level in feature.levels], values.astype(np.int64)
    out, known = np.full(len(values), -1), np.isfinite(values)
    distinct = np.unique(values[known])
    what = "time" if feature.kind == "time" else "number"
    if len(distinct) == 0:
        return [], out
    if bins is None:
        if len(distinct) > FEW_NUMBERS:
            raise SpecError(
                f"target={feature.name!r}: is a {what} with {len(distinct):,} values, and a profile tells classes apart; "
                "name a column of classes, or cut this one into some (bins=4, --bins 4)."
            )
        out[known] = np.searchsorted(distinct, values[known])
        return _shown(distinct, what), out
    cuts = np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1], method="lower")
    edges = np.unique(cuts[cuts < distinct[-1]])
    out[known] = np.searchsorted(edges, values[known], side="left")
    bounds = _shown(edges, what)
    middle = [f"above {low} to {high}" for low, high in itertools.pairwise(bounds)]
    return ([f"up to {bounds[0]}", *middle, f"above {bounds[-1]}"] if bounds else ["all"]), out


def _shown(values: Floats, what: str) -> list[str]:
    """Numbers or times as a reader sees them; in full where they would look the same."""
    short = [moment(float(v)) if what == "time" else point(float(v)) for v in values]
    return short if len(set(short)) == len(short) else [repr(float(v)) for v in values]


def _enough(target: str, counts: Ints, kept: Ints) -> None:
    if not counts.sum():
        raise DataError(f"target={target!r}: has no values; name a column of classes.")
    if (counts > 0).sum() == 1:
        raise DataError(
            f"target={target!r}: has a single class; at least 2 are needed to tell easy rows from hard ones."
        )
    if len(kept) < 2 or counts[kept].sum() < FEWEST:
        raise DataError(
            f"target={target!r}: has {rows(int(counts.sum()))} with a value, of which {len(kept)} classes have at least "
            f"{FEWEST_OF_CLASS}; a profile needs {FEWEST} rows and 2 such classes."
        )


def _notes(target: str, n: int, counts: Ints, kept: Ints) -> list[str]:
    rare = int(counts.sum() - counts[kept].sum())
    missing = int(n - counts.sum())
    said = (
        (missing, f"have no value in {readable(target, 40)!r}"),
        (rare, f"are of classes with fewer than {FEWEST_OF_CLASS} rows, or beyond the {MOST_CLASSES} most frequent"),
    )
    return [f"Not profiled: {rows(k)} that {why}." for k, why in said if k]
