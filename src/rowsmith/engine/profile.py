"""Profile the rows of users' frames, and choose rows by their profile: the border around `evaluate/_profile`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core.errors import DataError, SpecError, suggest
from rowsmith.core.files import atomic
from rowsmith.core.frames import FrameKind, to_arrow
from rowsmith.core.protocols import Progress, silent
from rowsmith.engine.executors import check_workers
from rowsmith.evaluate._profile import RowProfile, check_choices, profile_rows
from rowsmith.evaluate._profile_page import page, summary, text, to_json
from rowsmith.evaluate._profiler import PROFILERS

__all__ = ["Profiled", "check_choices", "chosen_rows", "profile"]

METHOD = "data-iq"
SCHEMES = ("easy-hard", "easy-ambiguous-hard")


@dataclass(frozen=True)
class Profiled:
    """A profile as a user holds it.

    Attributes:
        rows: what was found, as plain data with an array a row.
        table: the rows that were profiled.
        frame: the kind of frame they came in.
        index: of their pandas frame, if it was one.
    """

    rows: RowProfile
    table: pa.Table
    frame: FrameKind
    index: Any = None

    def marked(self) -> Any:
        """The frame with what was found beside its columns: `profile_segment`, `profile_confidence` and so on."""
        out = self.table
        for name, values in self.rows.columns().items():
            out = out.append_column(name, values)
        return self._restored(out, np.ones(len(self.rows.segment), dtype=bool))

    def without(self, *segments: str) -> Any:
        """The frame as it came, less the rows of some segments, or less those that are likely "mislabelled".

        Raises:
            SpecError: no such segment.
            DataError: no row would be left.
        """
        kept = ~self.rows.of(segments)
        if not kept.any():
            raise DataError(f"drop={', '.join(segments)}: no row would be left.")
        return self._restored(self.table, kept)

    def _restored(self, table: pa.Table, kept: NDArray[np.bool_]) -> Any:
        frame = self.frame.restore(table.filter(pa.array(kept)))
        if self.index is not None:
            frame.index = self.index[kept]
        return frame

    def parts(self, segment: str) -> NDArray[np.str_]:
        """The part of each row, for `fit(parts=…)`, shape (n,). Rows that were not profiled count as ambiguous.

        Args:
            segment: "easy-hard", where ambiguous rows are learnt with the easy ones, or "easy-ambiguous-hard".

        Raises:
            SpecError: no such way to cut.
        """
        _check_scheme(segment)
        known = np.where(self.rows.segment == "", "ambiguous", self.rows.segment)
        return np.where(known == "ambiguous", "easy", known) if segment == SCHEMES[0] else known

    def summary(self) -> dict[str, Any]:
        """All but the rows, as JSON values."""
        return summary(self.rows)

    def save(self, path: str | os.PathLike[str], *, format: Literal["html", "json"] | None = None) -> None:
        """Write the report.

        Args:
            path: the file.
            format: by the ending of the path if left out: JSON, or else one HTML page that opens without a network.

        Raises:
            OutputError: the file cannot be written.
        """
        as_json = str(path).lower().endswith(".json") if format is None else format == "json"
        with atomic(path) as part:
            part.write_text(to_json(self.rows) if as_json else page(self.rows), encoding="utf-8")

    def __str__(self) -> str:
        return text(self.rows)


def profile(
    data: Any,
    *,
    target: str,
    method: str = METHOD,
    bins: int | None = None,
    seed: int = 0,
    workers: int = 1,
    progress: Progress = silent,
) -> Profiled:
    """Tell easy, ambiguous and hard rows of a table apart, and find labels that are likely wrong.

    Args:
        data: a frame (pandas, polars, Arrow), n rows.
        target: the column whose classes a model tells apart.
        method: name of a profiler: data-iq, data-maps or confident.
        bins: classes of equal size that a number or time is cut into.
        seed: of the folds; the same data and seed give the same profile.
        workers: threads; the profile does not depend on it.
        progress: told what has been done.

    Raises:
        DataError: there are too few rows, or a single class.
        SpecError: an unknown target or method, or a target that is no class.
    """
    check_workers(workers)
    table, frame = to_arrow(data)
    profiler = PROFILERS.load(method.replace("-", "_"))()
    options: dict[str, Any] = {"bins": bins, "seed": seed, "workers": workers, "progress": progress}
    index = data.index if frame.library == "pandas" else None
    return Profiled(profile_rows(table, target, profiler=profiler, **options), table, frame, index)


def chosen_rows(
    table: pa.Table, drop: Sequence[str], segment: str | None, **options: Any
) -> tuple[pa.Table, NDArray[np.str_] | None]:
    """The rows of a table to learn, and their parts, by a profile of it.

    Args:
        table: all rows.
        drop: segments to leave out.
        segment: how to cut the others into parts, if at all.
        options: as `profile` takes them.

    Raises:
        DataError: as `profile`, or no row is left.
        SpecError: as `profile`, or a segment or way to cut that there is not.
    """
    check_choices(drop)  # before anything takes its time
    if segment is not None:
        _check_scheme(segment)
    found = profile(table, **options)
    parts = None if segment is None else found.parts(segment)[~found.rows.of(drop)]
    return found.without(*drop), parts


def _check_scheme(segment: str) -> None:
    if segment not in SCHEMES:
        raise SpecError(f"segment={segment!r}: is no way to cut a table{suggest(segment, SCHEMES)}")
