"""Two or three tables of series: their rows in order, and what stands for good and for bad ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.core.errors import SpecError
from rowsmith.core.grouping import EventOrder, entity_numbers
from rowsmith.core.rng import Key
from rowsmith.core.text import months
from rowsmith.evaluate._align import Aligned, Columns, Feature, align
from rowsmith.evaluate._between import figures_of
from rowsmith.evaluate._grouped import check_every
from rowsmith.evaluate._measure import Figure
from rowsmith.evaluate._noise import GROUPS, jackknife_parts
from rowsmith.evaluate._once import once
from rowsmith.evaluate._series import Series, series_of
from rowsmith.evaluate._series_plan import Plan, calendar_of, part_of, plan_of
from rowsmith.evaluate._stats import Floats, Ints

MOST_ROWS = 200_000
"""Rows of each table that are looked at."""
Statistic = Callable[[Series, Series], Floats]
"""Distances of two series, shape (k,); nan for one that cannot be taken."""


@dataclass(frozen=True)
class Clock:
    """When the rows of a table are, in the order of its file.

    Attributes:
        group: number of the series of each row.
        times: of each row: seconds, or plain numbers.
        calendar: share of rows in which each column that should be a part of the time is one.
    """

    group: Ints
    times: Floats
    calendar: Mapping[str, float]

    @once
    def backward(self) -> float:
        """Share of rows, of those that follow one of their series, whose time is before that of it."""
        order = np.argsort(self.group, kind="stable")
        same = np.diff(self.group[order]) == 0
        return float((np.diff(self.times[order])[same] < 0).mean()) if same.any() else 0.0

    @once
    def doubled(self) -> float:
        """Share of rows whose series and time were there before."""
        order = np.lexsort((self.times, self.group))
        same = (np.diff(self.group[order]) == 0) & (np.diff(self.times[order]) == 0)
        return float(same.sum()) / max(len(order), 1)


@dataclass(frozen=True)
class Ordered:
    """The tables to judge, and what measures of series need of them.

    Attributes:
        order: columns of entity and time.
        plan: what is judged in order.
        features: columns that are compared.
        real: what was learnt from.
        synthetic: what is to be judged.
        holdout: real series that nobody learnt from, if there are any.
        clocks: when the rows are, by role.
        aligned: columns as they stand in the tables, with those that only name rows.
        tables: as they were given, by role.
        key: random stream of the judgement.
        workers: threads of the classifiers.
        notes: what was left out.
    """

    order: EventOrder
    plan: Plan
    features: tuple[Feature, ...]
    real: Series
    synthetic: Series
    holdout: Series | None
    clocks: Mapping[str, Clock]
    aligned: Aligned
    tables: Mapping[str, pa.Table]
    key: Key
    workers: int
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, tables: Mapping[str, pa.Table], order: EventOrder, key: Key, workers: int, targets: Sequence[str] = ()
    ) -> Ordered:
        """Bring tables to common columns, and their rows in order.

        Args:
            tables: by role: real, synthetic and, if there is one, holdout.
            order: columns of entity and time.
            key: random stream of the judgement.
            workers: threads.
            targets: columns to foretell.

        Raises:
            DataError: a table has no rows, or a row no time or entity.
            SpecError: there is no such column, or the times are none.
        """
        check_every(tables, order)
        groups = {role: entity_numbers(table, order.entity) for role, table in tables.items()}
        stamped, times, local = _times({role: table[order.time] for role, table in tables.items()}, order.time)
        bodies = {r: t.drop_columns([*order.entity]) for r, t in tables.items()}
        whole = align(bodies)
        real = whole.tables["real"]
        where = {f.name: i for i, f in enumerate(whole.features)}
        calendar = calendar_of(whole.features, real, local["real"]) if stamped else {}
        kept = [i for i in range(len(whole.features)) if i != where[order.time] and i not in calendar]
        aligned = Aligned(
            tuple(whole.features[i] for i in kept), {r: t.pick(kept) for r, t in whole.tables.items()}, whole.notes
        )
        told = [i for i, f in enumerate(aligned.features) if not f.identifier]
        features = tuple(aligned.features[i] for i in told)
        columns = {role: table.pick(told) for role, table in aligned.tables.items()}
        real_order = np.lexsort((np.arange(real.n), times["real"], groups["real"]))
        begins = np.append(np.flatnonzero(np.diff(groups["real"][real_order], prepend=-1)), real.n)
        plan = plan_of(
            features, columns["real"].take(real_order), begins, times["real"][real_order], local["real"][real_order],
            stamped, targets,
        )  # fmt: skip
        sides, clocks, notes = {}, {}, list(aligned.notes)
        for role in tables:
            rng = key.child("series", role).generator()
            sides[role] = series_of(
                plan, features, columns[role], groups[role], times[role], local[role], MOST_ROWS, rng
            )
            clocks[role] = Clock(
                groups[role],
                times[role],
                {
                    whole.features[i].name: _share(whole.tables[role], i, part, local[role])
                    for i, part in calendar.items()
                },
            )
            if sides[role].n < len(groups[role]):
                notes.append(
                    f"Of the {len(groups[role]):,} rows of the {role} table {sides[role].n:,} are judged in order: series at random, "
                    "and of a long one the first rows."
                )
        if calendar:
            names = ", ".join(repr(whole.features[i].name) for i in calendar)
            notes.append(f"Parts of the time in every real row, so judged with it and not as values: {names}.")
        return cls(
            order, plan, features, sides["real"], sides["synthetic"], sides.get("holdout"), clocks, aligned, tables, key,
            workers, tuple(notes),
        )  # fmt: skip

    @once
    def floor(self) -> Series:
        """The real rows with every column shuffled on its own over all times and series."""
        return self.real.shuffled(self.plan, self.key.child("floor").generator())

    @once
    def unseen(self) -> tuple[Series, Series]:
        """Real series and others that nobody learnt from: the holdout, or two parts of the real table."""
        if self.holdout is not None:
            return self.real, self.holdout
        return self.real.halves(self.key.child("halves").generator())

    @once
    def copy(self) -> Series:
        """Blocks of the real rows in random order."""
        block = self.plan.period * max(1, round(max(self.real.n**0.5, 2 * self.plan.window) / self.plan.period))
        return self.real.copied(block, self.key.child("copy").generator())

    @property
    def single(self) -> bool:
        """Whether there is one real series."""
        return len(self.real.begins) == 2

    def figures(self, statistic: Statistic, *fields: dict[str, Any]) -> tuple[Figure, ...]:
        """Distances of the synthetic series from the real ones, with floor, ceiling, interval and noise.

        The noise is that of leaving out a tenth of the series at a time, or of a few series a tenth of the rows of each, in one
        stretch (H. Künsch, "The jackknife and the bootstrap for general stationary observations", 1989); that of the ceiling is
        wider as its parts are smaller.

        Args:
            statistic: k distances.
            fields: k dicts of a `Figure`'s other fields.
        """
        found = {
            "value": statistic(self.real, self.synthetic),
            "floor": statistic(self.real, self.floor),
            "ceiling": statistic(*self.unseen),
        }
        sides = (self.real, self.synthetic)
        parts = [side.parts(GROUPS) for side in sides]
        half = jackknife_parts(
            lambda k: statistic(*(side.without(part == k) for side, part in zip(sides, parts, strict=True)))
        )
        smaller = sum(1 / s.n for s in self.unseen) / sum(1 / s.n for s in sides)
        halves = {"value": half, "ceiling": None if half is None else half * smaller**0.5}
        return figures_of(found, halves, fields)


def _times(values: Mapping[str, pa.ChunkedArray], name: str) -> tuple[bool, dict[str, Floats], dict[str, Floats]]:
    """Whether times are moments; the times of each table; and the same as clocks show them."""
    first = {role: read[0] for role, v in values.items() if _is_text(v.type) and (read := months(v)) is not None}
    if len(first) == len(values):
        values = {role: pa.chunked_array([days]) for role, days in first.items()}
    found = align({role: pa.table({name: v}) for role, v in values.items()})
    feature = found.features[0]
    if feature.kind == "category":
        example = feature.levels[0] if feature.levels else ""
        raise SpecError(
            f"time={name!r}: values such as {example!r} are no times that can be read in every table; expected dates, timestamps "
            "or numbers, such as 2026-03-01, 2026-03-01T08:30:00 or 2026-03."
        )
    times = {role: table.arrays[0] for role, table in found.tables.items()}
    local = dict(times)
    for role, v in values.items():
        if getattr(v.type, "tz", None) is not None:
            shown = pc.local_timestamp(v).cast(pa.timestamp("us")).cast(pa.int64())
            local[role] = np.asarray(shown.to_numpy() / 1e6, dtype=np.float64)
    return feature.kind == "time", times, local


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _share(table: Columns, place: int, part: str, local: Floats) -> float:
    return float((table.arrays[place] == part_of(local, part)).mean())
