"""Spells of one row that never overlap: a room has one booking at a time, a price is valid until the next one is.

Rows are drawn without knowing who holds the room. When it is known, a spell that would begin before the last one has ended is moved behind
it, as long after as others come, and keeps its length; an open one is the last.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowsmith.core import sql
from rowsmith.core.computed import flags
from rowsmith.core.graph import joined
from rowsmith.core.shield import FEW
from rowsmith.core.state import State
from rowsmith.learn._lattices import ticks_of
from rowsmith.learn._numbers import FEWEST, is_time
from rowsmith.learn._tie_rules import computed

if TYPE_CHECKING:
    from rowsmith.learn._facts import Facts
    from rowsmith.learn._told import Told

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]

EXPECTED = 20.0
"""Spells that would overlap the one before if rows were dealt to others, at least: none does hardly by chance."""
GAPS = 32
"""Gaps that are kept, at most: quantiles."""
HOURS = 20
"""Hours of the day in which spells that are shorter than a day begin, from which on they may be moved to any."""
SECONDS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DAY = 86_400


@dataclass(frozen=True)
class Moves:
    """What happens to spells.

    Attributes:
        away: ticks by which each is moved, shape (n,).
        ends: where each ends, shape (n,).
        opened: which are open, shape (n,).
        like: the row that each is as long as, and as open: itself but where one had to end, shape (n,).
    """

    away: Index
    ends: Index
    opened: Flags
    like: Index


@dataclass(frozen=True)
class Spells:
    """Times of a table between which one row that its rows point to is taken.

    Attributes:
        start: column of the beginning.
        end: column of the end; missing while it goes on.
        open_last: whether only the last spell goes on.
        always: whether it always does.
        gaps: ticks between an end and the next beginning, rising; a single one where it is always the same.
        step: ticks by which spells are moved: whole days, where they are that long, so that hours stay.
        along: columns of times that are moved with a spell.
        beside: columns that say, as rules have it, whether a spell is open.
    """

    start: str
    end: str
    open_last: bool
    always: bool
    gaps: tuple[int, ...]
    step: int = 1
    along: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def moved(self, begins: Index, ends: Index, opened: Flags, up: Index, rng: np.random.Generator) -> Moves:
        """How spells are moved so that no two of one parent overlap.

        Args:
            begins: ticks, shape (n,).
            ends: the same; anything of those that are open.
            opened: which are, shape (n,).
            up: the parent's row of each, negative for none, shape (n,).
            rng: lengths of what cannot be open, and gaps.
        """
        rows, is_open = np.flatnonzero(up >= 0), opened.copy()
        away, like = np.zeros(len(up), dtype=np.int64), np.arange(len(up))
        if not len(rows):
            return Moves(away, ends, opened, like)
        start, opened = begins[rows], opened[rows]
        length = np.where(opened, 0, ends[rows] - start)
        limit = int(np.maximum(start, start + length).max())
        wrong, right = np.flatnonzero(length < 0), np.flatnonzero(length >= 0)
        if len(wrong) and len(right):  # where no rule says that none ends before it begins
            length[wrong] = length[rng.choice(right, len(wrong))]
        family = np.unique(up[rows], return_inverse=True)[1]
        if self.open_last and not opened.all() and (opened.any() or self.always):
            start, opened, closing = self._last_open(start, opened, family, rng)
            like[rows] = rows[closing]
            length = np.where(opened, 0, length[closing])
        order = np.lexsort((np.arange(len(rows)), opened, start, family))
        if len(self.gaps) == 1:
            begun = self._chained(start[order], length[order], family[order])
        else:
            begun = self._pushed(start[order], length[order], opened[order], family[order], limit, rng)
        away[rows[order]] = begun - begins[rows[order]]
        until = ends.copy()
        until[rows[order]], is_open[rows] = begun + length[order], opened
        return Moves(away, until, is_open, like)

    def _last_open(
        self, start: Index, opened: Flags, family: Index, rng: np.random.Generator
    ) -> tuple[Index, Flags, Index]:
        """The latest open spell of each family takes the place of its last one; others that are open end, as closed ones do.

        For these as many are open that are the last of families without an open one, those that begin the latest.

        Returns:
            Beginnings, which are open, and the row that each is as long as.
        """
        start, last = start.copy(), np.full(int(family.max()) + 1, -1)
        keeper, like = last.copy(), np.arange(len(start))
        order = np.lexsort((start, family))
        last[family[order]] = order
        some = order[opened[order]]
        keeper[family[some]] = some
        held = keeper[keeper >= 0]
        ends = last[keeper >= 0]
        start[held], start[ends] = start[ends], start[held]
        last[keeper >= 0] = held
        only = np.zeros(len(start), dtype=bool)
        only[held] = True
        close = opened & ~only
        like[close] = rng.choice(np.flatnonzero(~opened), int(close.sum()))
        more = last[keeper < 0]
        more = more[np.argsort(-start[more], kind="stable")][: None if self.always else int(close.sum())]
        like[more] = rng.choice(np.flatnonzero(opened), len(more)) if opened.any() else more
        only[more] = True
        return start, only, like

    def _chained(self, start: Index, length: Index, family: Index) -> Index:
        """Beginnings of spells that follow each other at once, of families one after the other."""
        first = np.searchsorted(family, family, side="left")
        until = np.cumsum(length + self.gaps[0]) - (length + self.gaps[0])
        return np.asarray(start[first] + until - until[first])

    def _pushed(
        self, start: Index, length: Index, opened: Flags, family: Index, limit: int, rng: np.random.Generator
    ) -> Index:
        """Beginnings of spells, those that come too early behind the one before; back again from behind the last time there is."""
        out, least = start.copy(), self.gaps[0]
        gap = np.array(self.gaps)[rng.integers(0, len(self.gaps), len(start))]
        n, place = (
            int(family.max(initial=-1)) + 1,
            np.arange(len(family)) - np.searchsorted(family, family, side="left"),
        )
        end = np.full(n, np.iinfo(np.int64).min // 2)
        turns = [np.flatnonzero(place == p) for p in range(int(place.max(initial=-1)) + 1)]
        for at in turns:
            wanted = np.where(out[at] < end[family[at]] + least, end[family[at]] + gap[at] - out[at], 0)
            out[at] += -(-wanted // self.step) * self.step
            end[family[at]] = out[at] + length[at]
        top = np.full(n, limit)
        for at in turns[::-1]:
            late = np.maximum(out[at] + np.where(opened[at], 0, length[at]) - top[family[at]], 0)
            out[at] -= -(-late // self.step) * self.step
            top[family[at]] = out[at] - least
        return out

    def state(self) -> State:
        """Plain values."""
        return {**vars(self), "gaps": list(self.gaps), "along": list(self.along), "beside": list(self.beside)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """The inverse of `state`."""
        lists = {n: tuple(state[n]) for n in ("gaps", "along", "beside")}
        return cls(**{**state, **lists})


def spells_of(found: Facts, name: str, said: Told) -> dict[int, Spells]:
    """Spells of a table that never overlap for one parent, by number of the link: of one link, as by two they might find no place.

    Args:
        found: the database.
        name: of the table.
        said: what is told by rows of other tables: it comes after spells are moved.
    """
    table = found.schema.tables[name]
    if table.public:
        return {}
    later = {p.column for link in found.below(name) for p in said.picked.get(link, ()) if not p.down}
    later |= {r.column for link in found.below(name) for r in said.sums.get(link, ()) if not r.shared}
    rules = {**table.rules, **said.habits(found, name)}
    fixed = {c.column for link in found.links if link.child == name for c in found.same[link]}
    fixed |= later | set(table.primary_key)
    told = computed(rules, table.columns)
    times = {c: v for c in found.own(name) if is_time((v := found.typed[name][c]).type) and c not in fixed}
    for link in (each for each in found.links if each.child == name and each.parent != name):
        for start, end in itertools.permutations(times, 2):
            if start in told or times[start].type != times[end].type or times[start].null_count:
                continue
            spells = _spells(start, end, times, found.up[link])
            if spells is not None:
                held = joined({start, end}, (sql.references(rule, rule_name) for rule_name, rule in rules.items()))
                held = held & table.columns.keys() - {start, end}
                along, beside = (tuple(sorted(each)) for each in (held & times.keys(), held - times.keys()))
                return {found.numbers[link]: replace(spells, along=along, beside=beside)}
    return {}


def _spells(start: str, end: str, times: Mapping[str, pa.Array], up: Index) -> Spells | None:
    """What real rows show of a pair of times; None where they overlap, or might be dealt to any parent."""
    a, b = (ticks_of(times[c]) for c in (start, end))
    opened = flags(b.is_null())
    a, b = (x.fill_null(0).to_numpy(zero_copy_only=False) for x in (a, b))
    rows = np.flatnonzero(up >= 0)
    if len(rows) < FEWEST or (b < a)[rows][~opened[rows]].any() or opened[rows].all():
        return None
    gaps, lasting = _gaps(a[rows], b[rows], opened[rows], up[rows])
    if len(gaps) < FEWEST or gaps.min() < 0 or lasting:
        return None
    dealt = np.random.default_rng(0).permutation(up[rows])
    others, still = _gaps(a[rows], b[rows], opened[rows], dealt)
    if (others < 0).sum() + still < EXPECTED:
        return None
    length = (b - a)[rows][~opened[rows]]
    if length.max() > np.ptp(a[rows]):  # a date that stands for no end, such as 9999-12-31
        return None
    day = day_of(times[start].type)
    step = day if np.median(length) >= day else int(np.gcd.reduce(np.abs(np.diff(np.unique(a[rows]))))) or 1
    if step < day and len(np.unique(a[rows] * 24 // day % 24)) < HOURS:  # they would be moved out of their hours
        return None
    last = np.append(np.diff(np.sort(up[rows])) != 0, True).sum()
    every = bool(opened[rows].sum() == last)
    return Spells(start, end, bool(opened[rows].any()), every, _kept(gaps, step), step)


def _kept(gaps: Index, step: int) -> tuple[int, ...]:
    """Gaps in steps, rising: the only one, or means of like ones, so that none is that of one pair; the least where several have it."""
    if gaps.min() == gaps.max():
        return (int(gaps[0]),)
    parts = np.array_split(np.sort(gaps), min(GAPS, max(1, len(gaps) // FEW)))
    means = [int(-(-part.mean() // step)) * step for part in parts]
    least = int(gaps.min()) if (gaps == gaps.min()).sum() >= FEW else 0
    return (least, *(max(each, least) for each in means[1:]))


def _gaps(start: Index, end: Index, opened: Flags, family: Index) -> tuple[Index, int]:
    """Ticks from the end of each spell to the next of its family, and how many that go on have one behind them."""
    order = np.lexsort((opened, start, family))
    inside = np.flatnonzero(np.diff(family[order]) == 0)
    before, after = order[inside], order[inside + 1]
    closed = ~opened[before]
    return (start[after] - end[before])[closed], int((~closed).sum())


def day_of(kind: pa.DataType) -> int:
    """Ticks of a day."""
    return 1 if pa.types.is_date32(kind) else DAY * SECONDS.get(getattr(kind, "unit", "ms"), 1_000)
