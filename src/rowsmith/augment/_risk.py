"""How likely somebody who knows some columns of a person finds the row of that person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowsmith.augment._change import Ints
from rowsmith.augment._groups import alike, closeness, codes_of, diversity
from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.types import whole

AT_RISK = 0.2
"""Chance of being found above which a row counts as at risk: it is in a group of fewer than five."""
SIZES = (1, 2, 3, 5, 10, 20)
"""Sizes of groups at which a new bin begins."""


@dataclass(frozen=True)
class Risk:
    """Risks of a table, and what they come from.

    The prosecutor knows that a person is in the table, the journalist that the person is in a population, the marketer wants
    as many as possible. Source: K. El Emam, "Guide to the De-Identification of Personal Health Information" (2013), chapter 16.

    Attributes:
        quasi: columns that others may know.
        rows: of the table.
        groups: of rows that are alike in these columns.
        unique: rows that are alone.
        k: rows of the smallest group.
        prosecutor: chance that the row of a known person is found, at worst: 1 / k.
        at_risk: share of the rows with a chance above 0.2 for a prosecutor.
        marketer: share of the rows that are found on average, if all are looked for: groups / rows.
        by_size: share of the rows in groups of each bin of sizes, which begin at `SIZES`.
        journalist: chance at worst by the groups of a population; None without one.
        journalist_at_risk: share of the rows with a chance above 0.2 for a journalist; None without a population.
        l: different values of the sensitive column in a group, at least; None without one.
        t: distance of its law in a group from that of all rows, at most; None without one.
    """

    quasi: tuple[str, ...]
    rows: int
    groups: int
    unique: int
    k: int
    prosecutor: float
    at_risk: float
    marketer: float
    by_size: tuple[float, ...] = ()
    journalist: float | None = None
    journalist_at_risk: float | None = None
    l: int | None = None  # noqa: E741 - the name of the measure
    t: float | None = None

    def __str__(self) -> str:
        parts = [
            f"{self.rows:,} rows in {self.groups:,} groups alike in {', '.join(self.quasi)}",
            f"k = {self.k}, {self.unique:,} rows alone",
            f"prosecutor {self.prosecutor:.3g} at worst, {self.at_risk:.1%} of the rows above {AT_RISK:g}",
            f"marketer {self.marketer:.3g}",
        ]
        if self.journalist is not None and self.journalist_at_risk is not None:
            above = f"{self.journalist_at_risk:.1%} of the rows above {AT_RISK:g}"
            parts.append(f"journalist {self.journalist:.3g} at worst, {above}")
        parts += [f"l = {self.l}"] if self.l is not None else []
        parts += [f"t = {self.t:.3g}"] if self.t is not None else []
        return "; ".join(parts)


def risk_of(
    table: pa.Table, quasi: Sequence[str], sensitive: str | None = None, population: pa.Table | None = None
) -> Risk:
    """The risks of a table.

    Args:
        table: its rows.
        quasi: columns that others may know.
        sensitive: a column that nobody shall learn from them.
        population: rows of all persons that the table's may be of, with these columns.

    Raises:
        SpecError: there is no such column.
    """
    if not quasi:
        raise SpecError("quasi=[]: expected the columns that others may know.")
    for name, setting in [*((q, "quasi") for q in quasi), *([(sensitive, "sensitive")] if sensitive else [])]:
        if name not in table.column_names:
            raise SpecError(f"{setting}={name!r}: the table has no such column{suggest(name, table.column_names)}")
    n = table.num_rows
    if not n:
        return Risk(tuple(quasi), 0, 0, 0, 0, 0.0, 0.0, 0.0, (0.0,) * len(SIZES))
    group = alike([whole(table[name]) for name in quasi], n)
    sizes = np.bincount(group)
    hidden = None if sensitive is None else whole(table[sensitive])
    by_journalist = None if population is None else 1 / _in_population(table, population, quasi)
    bins = np.searchsorted(SIZES, sizes[group], side="right") - 1
    return Risk(
        quasi=tuple(quasi),
        rows=n,
        groups=len(sizes),
        unique=int((sizes == 1).sum()),
        k=int(sizes.min()),
        prosecutor=float(1 / sizes.min()),
        at_risk=float((1 / sizes[group] > AT_RISK).mean()),
        marketer=len(sizes) / n,
        by_size=tuple((np.bincount(bins, minlength=len(SIZES)) / n).tolist()),
        journalist=None if by_journalist is None else float(by_journalist.max()),
        journalist_at_risk=None if by_journalist is None else float((by_journalist > AT_RISK).mean()),
        l=None if hidden is None else int(diversity(group, codes_of(hidden)).min()),
        t=None if hidden is None else float(closeness(group, hidden).max()),
    )


def _in_population(table: pa.Table, population: pa.Table, quasi: Sequence[str]) -> Ints:
    """How many of the population each row of the table is like, shape (rows,)."""
    both = _texts(table, population, quasi)
    group = alike(both, table.num_rows + population.num_rows)
    own, others = group[: table.num_rows], group[table.num_rows :]
    # whoever is in the table is in the population too, if its list has forgotten them or not
    sizes = np.maximum(np.bincount(others, minlength=group.max() + 1), np.bincount(own, minlength=group.max() + 1))
    return np.asarray(sizes[own])


def carried(before: pa.Table, after: pa.Table, source: Ints, population: pa.Table, quasi: Sequence[str]) -> pa.Table:
    """A population as it would be after a change of a table: whoever is like a row before is like what came of it.

    Who is like none keeps the values they have, and so hides no row of the table that was changed: the risk comes out too
    high rather than too low.

    Args:
        before: the table as it was.
        after: the changed table.
        source: row of the table before that each row after comes from, -1 for none, shape (rows after,).
        population: rows of all persons.
        quasi: columns that others may know.

    Raises:
        SpecError: a column is missing.
    """
    group = alike(_texts(before, population, quasi), before.num_rows + population.num_rows)
    became = np.full(before.num_rows, -1)
    known = np.flatnonzero(source >= 0)[::-1]
    became[source[known]] = known  # the first row that came of it
    first = np.full(int(group.max(initial=-1)) + 1, -1)
    kept = np.flatnonzero(became >= 0)[::-1]
    first[group[kept]] = became[kept]
    place = first[group[before.num_rows :]]
    out = {}
    for name in quasi:
        new, old = (whole(t[name]).cast(pa.string()) for t in (after, population))
        out[name] = pc.if_else(pa.array(place >= 0), new.take(pa.array(place, mask=place < 0)), old)
    return pa.table(out)


def _texts(table: pa.Table, population: pa.Table, quasi: Sequence[str]) -> list[pa.Array]:
    """Columns of both, one behind the other."""
    for name in quasi:
        if name not in population.column_names:
            raise SpecError(f"population: has no column {name!r}{suggest(name, population.column_names)}")
    return [pa.concat_arrays([whole(t[name]).cast(pa.string()) for t in (table, population)]) for name in quasi]
