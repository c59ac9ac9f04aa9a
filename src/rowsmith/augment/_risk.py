"""How likely somebody who knows some columns of a person finds the row of that person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rowsmith.augment._groups import alike, closeness, codes_of, diversity
from rowsmith.core.errors import SpecError, suggest
from rowsmith.core.types import whole

AT_RISK = 0.2
"""Chance of being found from which a row counts as at risk: it is like fewer than five others."""


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
        journalist: chance at worst by the groups of a population; None without one.
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
    journalist: float | None = None
    l: int | None = None  # noqa: E741 - the name of the measure
    t: float | None = None

    def __str__(self) -> str:
        parts = [
            f"{self.rows:,} rows in {self.groups:,} groups alike in {', '.join(self.quasi)}",
            f"k = {self.k}, {self.unique:,} rows alone",
            f"prosecutor {self.prosecutor:.3g} at worst, {self.at_risk:.1%} of the rows above {AT_RISK:g}",
            f"marketer {self.marketer:.3g}",
        ]
        parts += [f"journalist {self.journalist:.3g} at worst"] if self.journalist is not None else []
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
        return Risk(tuple(quasi), 0, 0, 0, 0, 0.0, 0.0, 0.0)
    group = alike([whole(table[name]) for name in quasi], n)
    sizes = np.bincount(group)
    hidden = None if sensitive is None else whole(table[sensitive])
    return Risk(
        quasi=tuple(quasi),
        rows=n,
        groups=len(sizes),
        unique=int((sizes == 1).sum()),
        k=int(sizes.min()),
        prosecutor=float(1 / sizes.min()),
        at_risk=float((1 / sizes[group] > AT_RISK).mean()),
        marketer=len(sizes) / n,
        journalist=None if population is None else _journalist(table, population, quasi),
        l=None if hidden is None else int(diversity(group, codes_of(hidden)).min()),
        t=None if hidden is None else float(closeness(group, hidden).max()),
    )


def _journalist(table: pa.Table, population: pa.Table, quasi: Sequence[str]) -> float:
    """The chance at worst, by how many of the population each row of the table is like."""
    for name in quasi:
        if name not in population.column_names:
            raise SpecError(f"population: has no column {name!r}{suggest(name, population.column_names)}")
    both = [pa.concat_arrays([whole(t[name]).cast(pa.string()) for t in (table, population)]) for name in quasi]
    group = alike(both, table.num_rows + population.num_rows)
    own, others = group[: table.num_rows], group[table.num_rows :]
    # whoever is in the table is in the population too, if its list has forgotten them or not
    sizes = np.maximum(np.bincount(others, minlength=group.max() + 1), np.bincount(own, minlength=group.max() + 1))
    return float(1 / sizes[own].min())
